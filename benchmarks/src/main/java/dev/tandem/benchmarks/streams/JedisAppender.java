package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.Batches;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.XAddParams;

/** Appends in pipelines of {@value #DEPTH}, as one would by hand; one connection, one thread. */
final class JedisAppender implements Appender {
  private static final int DEPTH = 1_024;

  private final byte[] stream;
  private final Bench bench;
  private final Map<byte[], byte[]> fields;
  private final int depth;
  private final Jedis jedis;

  JedisAppender(Bench bench) {
    this.bench = bench;
    this.stream = bench.stream().bytes();
    this.fields = bench.fields();
    this.depth = Batches.of(DEPTH, bench.payload().length);
    this.jedis = bench.openJedis();
  }

  @Override
  public void appendAll(int messages) {
    int sent = 0;
    while (sent < messages) {
      try (Pipeline pipeline = jedis.pipelined()) {
        int until = Math.min(messages, sent + depth);
        for (; sent < until; sent++) {
          pipeline.xadd(stream, XAddParams.xAddParams(), fields);
        }
        pipeline.sync();
      }
    }
  }

  @Override
  public void appendAndWait() {
    jedis.xadd(stream, XAddParams.xAddParams(), fields);
  }

  @Override
  public void append(byte[] payload, Runnable stored) {
    jedis.xadd(stream, XAddParams.xAddParams(), bench.fields(payload));
    stored.run();
  }

  @Override
  public void close() {
    jedis.close();
  }
}
