package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.redis.command.RedisKey;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.XAddParams;

/** Reading one stream as a group and acknowledging; the same entries in every round. */
record Consume(Bench bench, List<Contender> contenders) implements Work {
  private static final int DEPTH = 1_024;

  /** Fills the stream. */
  static Consume of(Bench bench, int messages) {
    fill(bench, messages);
    return new Consume(
        bench, List.of(new JedisGroupLoop(bench, messages), new TandemWorker(bench, messages)));
  }

  /** Appends messages. */
  static void fill(Bench bench, int messages) {
    fill(bench, bench.stream(), messages);
  }

  /** Appends messages to some stream. */
  static void fill(Bench bench, RedisKey stream, int messages) {
    Map<byte[], byte[]> fields = bench.fields();
    try (Jedis jedis = bench.openJedis();
        Pipeline pipeline = jedis.pipelined()) {
      for (int sent = 1; sent <= messages; sent++) {
        pipeline.xadd(stream.bytes(), XAddParams.xAddParams(), fields);
        if (sent % DEPTH == 0) {
          pipeline.sync();
        }
      }
    }
  }

  @Override
  public String name() {
    return "consume";
  }

  @Override
  public void close() {
    bench.removeStream();
  }
}
