package dev.tandem.benchmarks.live;

import dev.tandem.api.Position;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.util.List;

/** How many script calls it takes when many subscribers of one channel return at once. */
record ResumeCalls(LiveBench bench, Storm storm) implements Measurement {
  /** Ten thousand subscribers, spread over the last thousand messages. */
  static ResumeCalls of(LiveBench bench) {
    return new ResumeCalls(bench, new Storm(10_000, 1_000));
  }

  @Override
  public String name() {
    return "resume-storm";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    Channel<byte[]> channel = bench.recoverable("storm-calls");
    try (RedisConnection redis = bench.openRedis();
        LiveBus bus = bench.bus(redis)) {
      List<Position> positions = storm.store(bench, channel);
      Arrivals arrivals = new Arrivals(storm.missed());
      ServerWork server = new ServerWork(bench.admin());
      long scriptsBefore = server.scriptCalls();
      Stopwatch watch = Stopwatch.start();
      storm.begin(bench, bus, channel, positions, arrivals);
      long arrived = arrivals.await();
      Duration took = watch.elapsed();
      return List.of(
          new Figure("subscribers", storm.subscribers(), ""),
          new Figure("messages replayed", arrived, ""),
          new Figure("not replayed", storm.missed() - arrived, ""),
          new Figure("gaps", arrivals.gaps(), ""),
          new Figure("took", took.toNanos() / 1e6, "ms"),
          new Figure("script calls", server.scriptCalls() - scriptsBefore, ""));
    } finally {
      bench.remove(channel);
    }
  }
}
