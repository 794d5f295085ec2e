package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.ThreadWork;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Many channels with one subscriber each: how fast they are subscribed to, what each needs of the
 * heap, and what all of them cost while nothing is published.
 */
record ManyChannels(LiveBench bench, int channels, Duration settling, Duration watched)
    implements Measurement {
  /** Ten thousand channels, watched for 20 seconds. */
  static ManyChannels of(LiveBench bench) {
    return new ManyChannels(bench, 10_000, Duration.ofSeconds(20), Duration.ofSeconds(20));
  }

  @Override
  public String name() {
    return "channels";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    List<Channel<byte[]>> all = new ArrayList<>(channels);
    for (int i = 0; i < channels; i++) {
      all.add(bench.recoverable("many-" + i));
    }
    Arrivals arrivals = new Arrivals(channels);
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      bus.subscribe(
              bench.tenant(), bench.recoverable("first"), SubscribeOptions.fromNow(), arrivals)
          .active()
          .join();
      long clientsBefore = clients();
      long heapBefore = heap();
      Stopwatch watch = Stopwatch.start();
      List<Subscription> subscriptions = new ArrayList<>(channels);
      for (Channel<byte[]> channel : all) {
        subscriptions.add(
            bus.subscribe(bench.tenant(), channel, SubscribeOptions.fromNow(), arrivals));
      }
      subscriptions.forEach(subscription -> subscription.active().join());
      Duration subscribed = watch.elapsed();
      long heap = heap() - heapBefore;
      long more = clients() - clientsBefore;
      TimeUnit.MILLISECONDS.sleep(settling.toMillis());
      ServerWork server = new ServerWork(bench.admin());
      Duration serverBefore = server.cpu();
      ThreadWork threads = ThreadWork.start();
      Stopwatch idle = Stopwatch.start();
      TimeUnit.MILLISECONDS.sleep(watched.toMillis());
      Stopwatch.Taken taken = idle.stop();
      return List.of(
          new Figure("channels", channels, ""),
          new Figure("subscribed a second", channels * 1e9 / subscribed.toNanos(), ""),
          new Figure("heap each", (double) heap / channels, "bytes"),
          new Figure("connections more", more, ""),
          new Figure(
              "idle: the bus's threads", percent(threads.soFar(), taken.time()), "% of a core"),
          new Figure("idle: this JVM in all", percent(taken.work(), taken.time()), "% of a core"),
          new Figure(
              "idle: the server",
              percent(server.cpu().minus(serverBefore), taken.time()),
              "% of a core"));
    } finally {
      all.forEach(bench::remove);
      bench.remove(bench.recoverable("first"));
    }
  }

  private long clients() {
    return bench.admin().clientList().lines().count();
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  private static double percent(Duration part, Duration whole) {
    return 100.0 * part.toNanos() / whole.toNanos();
  }
}
