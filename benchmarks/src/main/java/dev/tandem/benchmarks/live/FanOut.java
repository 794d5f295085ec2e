package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;

/**
 * One channel to many local subscribers, in deliveries a second: of messages that are published
 * together and travel in frames, and of messages each of which is published when the one before was
 * taken, and travels alone.
 */
record FanOut(LiveBench bench, int subscribers, int messages, int warmUps, int rounds)
    implements Measurement {
  /** Ten thousand subscribers. */
  static FanOut of(LiveBench bench) {
    return new FanOut(bench, 10_000, 500, 2, 5);
  }

  @Override
  public String name() {
    return "fan-out-recoverable";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    Rates framed = new Rates(new ArrayList<>());
    Rates single = new Rates(new ArrayList<>());
    long lost = 0;
    for (int round = -warmUps; round < rounds; round++) {
      lost += measure(framed, this::publishTogether, round >= 0);
      lost += measure(single, this::publishEach, round >= 0);
    }
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("subscribers", subscribers, ""));
    framed.addTo(figures, "published together");
    single.addTo(figures, "published one by one");
    figures.add(new Figure("lost", lost, ""));
    return figures;
  }

  /** Publishes all messages; returns when all are on their way. */
  private interface Publishing {
    void publishAll(LiveBus bus, Channel<byte[]> channel);
  }

  private void publishTogether(LiveBus bus, Channel<byte[]> channel) {
    for (int i = 0; i < messages; i++) {
      var unused = bus.publishAsync(bench.tenant(), channel, bench.message());
    }
  }

  private void publishEach(LiveBus bus, Channel<byte[]> channel) {
    for (int i = 0; i < messages; i++) {
      bus.publish(bench.tenant(), channel, bench.message());
    }
  }

  /** One round; how many deliveries did not come. */
  private long measure(Rates rates, Publishing publishing, boolean counts)
      throws InterruptedException {
    Channel<byte[]> channel = bench.recoverable("fan-out");
    long expected = (long) subscribers * messages;
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      Arrivals arrivals = new Arrivals(expected);
      List<Subscription> subscriptions = new ArrayList<>(subscribers);
      for (int i = 0; i < subscribers; i++) {
        subscriptions.add(
            bus.subscribe(bench.tenant(), channel, SubscribeOptions.fromNow(), arrivals));
      }
      subscriptions.forEach(subscription -> Awaiting.result(subscription.active()));
      Stopwatch watch = Stopwatch.start();
      publishing.publishAll(bus, channel);
      long arrived = arrivals.await();
      if (counts) {
        rates.all().add(arrived * 1e9 / watch.stop().time().toNanos());
      }
      return expected - arrived;
    } finally {
      bench.remove(channel);
    }
  }

  private record Rates(List<Double> all) {
    void addTo(List<Figure> figures, String how) {
      all.sort(null);
      figures.add(new Figure(how + ", median", all.get(all.size() / 2), "deliveries/s"));
      figures.add(new Figure(how + ", slowest round", all.get(0), "deliveries/s"));
      figures.add(new Figure(how + ", fastest round", all.get(all.size() - 1), "deliveries/s"));
    }
  }
}
