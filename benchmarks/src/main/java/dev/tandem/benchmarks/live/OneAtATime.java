package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import java.util.List;
import redis.clients.jedis.Jedis;

/** One message after the other, each waited for: a script call by hand beside a publish. */
record OneAtATime(LiveBench bench, Channel<byte[]> channel, List<Contender> contenders)
    implements Work {
  private static final int KEPT = 1_000;

  /** What it takes to store, count and publish a message: the least that a script can do. */
  private static final String SCRIPT =
      "local version = redis.call('HINCRBY', KEYS[1], 'version', 1) "
          + "local frame = version .. ARGV[2] "
          + "local from = math.max(0, version + 1 - "
          + KEPT
          + ") redis.call('XADD', KEYS[2], 'MINID', from, version, 'frame', frame) "
          + "redis.call('PEXPIRE', KEYS[2], "
          + LiveBench.RETENTION.toMillis()
          + ") "
          + "return redis.call('PUBLISH', ARGV[1], frame)";

  static OneAtATime of(LiveBench bench, int messages) {
    Channel<byte[]> channel = bench.recoverable("one-by-one", KEPT);
    return new OneAtATime(
        bench,
        channel,
        List.of(new ByHand(bench, channel, messages), new ByBus(bench, channel, messages)));
  }

  @Override
  public String name() {
    return "recoverable-one";
  }

  @Override
  public void clean() {
    bench.remove(channel);
  }

  /** A script call for each. */
  private record ByHand(LiveBench bench, Channel<byte[]> channel, int messages)
      implements Contender {
    @Override
    public String name() {
      return "Jedis EVALSHA";
    }

    @Override
    public Library library() {
      return Library.JEDIS;
    }

    @Override
    public Round round() {
      try (Jedis jedis = bench.openJedis()) {
        byte[] sha1 = jedis.scriptLoad(SCRIPT).getBytes(UTF_8);
        byte[][] arguments = {
          bench.keys(channel).meta().bytes(),
          bench.keys(channel).buffer().bytes(),
          bench.keys(channel).channel().bytes(),
          bench.payload()
        };
        Stopwatch watch = Stopwatch.start();
        for (int sent = 0; sent < messages; sent++) {
          jedis.evalsha(sha1, 2, arguments);
        }
        return watch.stop().round(messages, messages);
      }
    }
  }

  /** A publish for each. */
  private record ByBus(LiveBench bench, Channel<byte[]> channel, int messages)
      implements Contender {
    @Override
    public String name() {
      return "Tandem publish";
    }

    @Override
    public Library library() {
      return Library.TANDEM;
    }

    @Override
    public Round round() {
      try (RedisConnection redis = bench.openRedis();
          LiveBus bus = bench.bus(redis)) {
        Stopwatch watch = Stopwatch.start();
        for (int sent = 0; sent < messages; sent++) {
          bus.publish(bench.tenant(), channel, bench.message());
        }
        return watch.stop().round(messages, messages);
      }
    }
  }
}
