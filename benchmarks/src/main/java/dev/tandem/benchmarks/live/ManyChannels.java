package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Awaiting;
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
import org.jspecify.annotations.Nullable;

/**
 * Many channels with one subscriber each: how fast they are subscribed to, what each needs of the
 * heap, and what all of them cost while nothing is published.
 */
record ManyChannels(
    LiveBench bench, int channels, int warmUps, int rounds, Duration settling, Duration watched)
    implements Measurement {
  /** Ten thousand channels, three times to warm up and five times measured; watched for 20 s. */
  static ManyChannels of(LiveBench bench) {
    return new ManyChannels(bench, 10_000, 3, 5, Duration.ofSeconds(10), Duration.ofSeconds(20));
  }

  @Override
  public String name() {
    return "channels";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("channels", channels, ""));
    List<Double> begun = new ArrayList<>();
    List<Double> found = new ArrayList<>();
    for (int round = 0; round < warmUps + rounds; round++) {
      List<Channel<byte[]>> all = channels(round);
      try {
        double rate = round(all, null);
        if (round == 0) {
          figures.add(new Figure("subscribed a second, first time", rate, ""));
        } else if (round >= warmUps) {
          begun.add(rate);
        }
        boolean isLast = round == warmUps + rounds - 1;
        double again = round(all, isLast ? figures : null);
        if (round >= warmUps) {
          found.add(again);
        }
      } finally {
        all.forEach(bench::remove);
      }
    }
    figures.add(new Figure("subscribed a second, to new channels", median(begun), ""));
    figures.add(new Figure("subscribed a second, to others", median(found), ""));
    return figures;
  }

  private static double median(List<Double> rates) {
    rates.sort(null);
    return rates.get(rates.size() / 2);
  }

  private List<Channel<byte[]>> channels(int round) {
    List<Channel<byte[]>> all = new ArrayList<>(channels);
    for (int i = 0; i < channels; i++) {
      all.add(bench.recoverable("many-" + round + "-" + i));
    }
    return all;
  }

  /** Subscribes to channels; watches them if there is a place for what is seen. */
  private double round(List<Channel<byte[]>> all, @Nullable List<Figure> seen)
      throws InterruptedException {
    Channel<byte[]> first = bench.recoverable("first");
    Arrivals arrivals = new Arrivals(channels);
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      bus.subscribe(bench.tenant(), first, SubscribeOptions.fromNow(), arrivals).active().join();
      long clientsBefore = clients();
      long heapBefore = heap();
      Stopwatch watch = Stopwatch.start();
      List<Subscription> subscriptions = new ArrayList<>(channels);
      for (Channel<byte[]> channel : all) {
        subscriptions.add(
            bus.subscribe(bench.tenant(), channel, SubscribeOptions.fromNow(), arrivals));
      }
      subscriptions.forEach(subscription -> Awaiting.result(subscription.active()));
      Duration subscribed = watch.elapsed();
      if (seen != null) {
        double heap = (double) (heap() - heapBefore) / channels;
        seen.add(new Figure("heap each", heap, "bytes"));
        seen.add(new Figure("connections more", clients() - clientsBefore, ""));
        watchIdle(seen);
      }
      subscriptions.get(0).close(); // and so all are reachable until here
      return channels * 1e9 / subscribed.toNanos();
    } finally {
      bench.remove(first);
    }
  }

  private void watchIdle(List<Figure> seen) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(settling.toMillis());
    ServerWork server = new ServerWork(bench.admin());
    Duration serverBefore = server.cpu();
    ThreadWork threads = ThreadWork.start();
    Stopwatch idle = Stopwatch.start();
    TimeUnit.MILLISECONDS.sleep(watched.toMillis());
    Stopwatch.Taken taken = idle.stop();
    seen.add(
        new Figure(
            "idle: the bus's threads", percent(threads.soFar(), taken.time()), "% of a core"));
    seen.add(
        new Figure("idle: this JVM in all", percent(taken.work(), taken.time()), "% of a core"));
    seen.add(
        new Figure(
            "idle: the server",
            percent(server.cpu().minus(serverBefore), taken.time()),
            "% of a core"));
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
