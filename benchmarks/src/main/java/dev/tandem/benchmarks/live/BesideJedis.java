package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** Fleeting channels by hand and with Tandem, nobody else; over a bench of its own. */
record BesideJedis(String name, LiveBench bench, List<Contender> contenders) implements Work {
  /** Publishing to channels in turn, each with so many listeners; what is counted is deliveries. */
  static BesideJedis delivering(LiveBench bench, int channels, int listeners, int messages) {
    return new BesideJedis(
        "deliver",
        bench,
        List.of(
            Delivering.byHand(bench, messages, channels, listeners),
            Delivering.fleeting(bench, messages, channels, listeners)));
  }

  /** Subscribing to channels; what is counted is subscriptions. */
  static BesideJedis subscribing(LiveBench bench, int channels) {
    return new BesideJedis(
        "subscribe",
        bench,
        List.of(
            new Subscribing("Jedis SUBSCRIBE", Library.JEDIS, bench, channels, JedisLive::new),
            new Subscribing(
                "Tandem fleeting", Library.TANDEM, bench, channels, TandemLive::fleeting)));
  }

  @Override
  public void close() {
    bench.close();
  }
}
