package dev.tandem.benchmarks.live;

import dev.tandem.api.Position;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Many subscribers of one channel that return at once, each from a position of its own. */
record ResumeStorm(LiveBench bench, int subscribers, int stored) implements Measurement {
  /** Ten thousand subscribers, spread over the last thousand messages. */
  static ResumeStorm of(LiveBench bench) {
    return new ResumeStorm(bench, 10_000, 1_000);
  }

  @Override
  public String name() {
    return "resume-storm";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    Channel<byte[]> channel = bench.recoverable("storm");
    List<Position> positions = new ArrayList<>(stored);
    try (RedisConnection sending = bench.openRedis();
        RedisConnection receiving = bench.openRedis();
        LiveBus publisher = bench.bus(sending);
        LiveBus bus = bench.bus(receiving)) {
      long missed = 0;
      for (int i = 0; i < stored; i++) {
        Position at = publisher.publish(bench.tenant(), channel, bench.message()).position();
        if (at != null) {
          positions.add(at);
        }
      }
      for (int i = 0; i < subscribers; i++) {
        missed += stored - 1 - i % stored;
      }
      Arrivals arrivals = new Arrivals(missed);
      ServerWork server = new ServerWork(bench.admin());
      long scriptsBefore = server.scriptCalls();
      Stopwatch watch = Stopwatch.start();
      for (int i = 0; i < subscribers; i++) {
        bus.subscribe(
            bench.tenant(), channel, SubscribeOptions.from(positions.get(i % stored)), arrivals);
      }
      long arrived = arrivals.await();
      Duration took = watch.elapsed();
      return List.of(
          new Figure("subscribers", subscribers, ""),
          new Figure("messages replayed", arrived, ""),
          new Figure("not replayed", missed - arrived, ""),
          new Figure("gaps", arrivals.gaps(), ""),
          new Figure("took", took.toNanos() / 1e6, "ms"),
          new Figure("script calls", server.scriptCalls() - scriptsBefore, ""));
    } finally {
      bench.remove(channel);
    }
  }
}
