package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.pubsub.Channel;
import java.util.List;

/** From a publisher to one subscriber. */
record PublishSubscribe(
    String name, LiveBench bench, Channel<byte[]> channel, List<Contender> contenders)
    implements Work {
  /** Nothing stored. */
  static PublishSubscribe fleeting(LiveBench bench, int messages) {
    return of("fleeting", "Tandem fleeting", bench, bench.fleeting("fleeting"), messages);
  }

  /** Stored, versioned and checked; beside a Jedis that does none of it. */
  static PublishSubscribe recoverable(LiveBench bench, int messages) {
    return of(
        "recoverable", "Tandem recoverable", bench, bench.recoverable("recoverable"), messages);
  }

  private static PublishSubscribe of(
      String work, String contender, LiveBench bench, Channel<byte[]> channel, int messages) {
    return new PublishSubscribe(
        work,
        bench,
        channel,
        List.of(
            new JedisLive(bench, messages), new TandemLive(contender, bench, channel, messages)));
  }

  @Override
  public void clean() {
    bench.remove(channel);
  }
}
