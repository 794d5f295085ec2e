package dev.tandem.benchmarks.live;

import dev.tandem.api.Position;
import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import java.util.List;

/** Subscribers of one {@link LiveBus}, each with its position; they stay subscribed. */
record TandemReturning(LiveBench bench, Storm storm) implements Contender {
  @Override
  public String name() {
    return "Tandem subscribers";
  }

  @Override
  public Library library() {
    return Library.TANDEM;
  }

  @Override
  public Round round() throws InterruptedException {
    Channel<byte[]> channel = bench.recoverable("storm");
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      List<Position> positions = storm.store(bench, channel);
      long missed = storm.missed();
      Arrivals arrivals = new Arrivals(missed);
      Stopwatch watch = Stopwatch.start();
      storm.begin(bench, bus, channel, positions, arrivals);
      long arrived = arrivals.await();
      Stopwatch.Taken taken = watch.stop();
      return taken.round(missed, Math.min(missed, arrived));
    } finally {
      bench.remove(channel);
    }
  }
}
