package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.JedisPeer;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/**
 * Appends in pipelines, as one would by hand; one connection, one thread. See {@link JedisPeer}.
 */
final class JedisAppender implements Appender {
  private final byte[] stream;
  private final Bench bench;
  private final Map<byte[], byte[]> fields;
  private final int depth;
  private final Jedis jedis;

  JedisAppender(Bench bench) {
    this.bench = bench;
    this.stream = bench.stream().bytes();
    this.fields = bench.fields();
    this.depth = Batches.of(JedisPeer.BATCH, bench.payload().length);
    this.jedis = bench.openJedis();
  }

  @Override
  public void appendAll(int messages) {
    JedisPeer.inPipelines(
        jedis,
        messages,
        depth,
        (pipeline, number) -> pipeline.xadd(stream, XAddParams.xAddParams(), fields));
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
