package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;

/** One channel to many local subscribers, in deliveries a second. */
record FanOut(LiveBench bench, int subscribers, int messages, int rounds) implements Measurement {
  /** Ten thousand subscribers. */
  static FanOut of(LiveBench bench) {
    return new FanOut(bench, 10_000, 500, 5);
  }

  @Override
  public String name() {
    return "fan-out";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    Channel<byte[]> channel = bench.recoverable("fan-out");
    List<Double> rates = new ArrayList<>();
    long lost = 0;
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      for (int round = 0; round < rounds; round++) {
        long expected = (long) subscribers * messages;
        Arrivals arrivals = new Arrivals(expected);
        List<Subscription> subscriptions = new ArrayList<>(subscribers);
        for (int i = 0; i < subscribers; i++) {
          subscriptions.add(
              bus.subscribe(bench.tenant(), channel, SubscribeOptions.fromNow(), arrivals));
        }
        subscriptions.forEach(subscription -> subscription.active().join());
        Stopwatch watch = Stopwatch.start();
        for (int i = 0; i < messages; i++) {
          var unused = bus.publishAsync(bench.tenant(), channel, bench.message());
        }
        long arrived = arrivals.await();
        rates.add(arrived * 1e9 / watch.stop().time().toNanos());
        lost += expected - arrived;
        subscriptions.forEach(Subscription::close);
      }
    } finally {
      bench.remove(channel);
    }
    rates.sort(null);
    return List.of(
        new Figure("subscribers", subscribers, ""),
        new Figure("deliveries a second, median", rates.get(rates.size() / 2), ""),
        new Figure("slowest round", rates.get(0), ""),
        new Figure("fastest round", rates.get(rates.size() - 1), ""),
        new Figure("lost", lost, ""));
  }
}
