package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.Cost;
import dev.tandem.benchmarks.harness.Latencies;
import dev.tandem.benchmarks.harness.LatencySeries;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Series;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

/** Measurements that nobody took. */
final class Samples {
  private static final Cost COST =
      new Cost(Duration.ofMillis(2), Duration.ofMillis(1), 300_000, Duration.ZERO);

  private Samples() {}

  /** Jedis with 1,000 a second, and ours with 500, 800 and 1,000, of which 3 were lost in all. */
  static List<Result> results(String work) {
    Comparison comparison =
        new Comparison(
            work,
            List.of(
                series("by hand", Library.JEDIS, 0, 1_000, 1_000, 1_000),
                series("ours", Library.TANDEM, 1, 2_000, 1_250, 1_000)));
    return Result.of(
        comparison,
        List.of(
            new LatencySeries(
                "ours",
                Library.TANDEM,
                List.of(
                    new Latencies(100, 900, 0),
                    new Latencies(300, Double.POSITIVE_INFINITY, 2),
                    new Latencies(200, Double.POSITIVE_INFINITY, 1)))));
  }

  /** Rounds of 1,000 messages. */
  static Series series(String name, Library library, long lost, long... millis) {
    return new Series(
        name,
        library,
        LongStream.of(millis)
            .mapToObj(each -> new Round(1_000, lost, Duration.ofMillis(each), COST))
            .toList(),
        0);
  }
}
