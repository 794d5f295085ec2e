package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Cost;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.harness.Works;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** One work, in each round of which contenders lose so many messages. */
record Losing(int byJedis, int byTandem) implements Works {
  static final String NAME = "losing";

  @Override
  public Set<String> names() {
    return Set.of(NAME);
  }

  @Override
  public Work open(String name, int messages) {
    return new Lossy(
        name,
        List.of(
            new Loser(Library.JEDIS, messages, byJedis),
            new Loser(Library.TANDEM, messages, byTandem)));
  }

  @Override
  public void close() {}

  private record Lossy(String name, List<Contender> contenders) implements Work {}

  private record Loser(Library library, int messages, int lost) implements Contender {
    @Override
    public String name() {
      return library.id();
    }

    @Override
    public Round round() {
      return new Round(
          messages,
          lost,
          Duration.ofMillis(1),
          new Cost(Duration.ofMillis(1), Duration.ZERO, 1, Duration.ZERO));
    }
  }
}
