package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.LettucePeer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.Map;

/**
 * Appends with asynchronous commands that are flushed in batches, or with synchronous ones, which
 * all threads call over one connection; see {@link LettucePeer}.
 */
final class LettuceAppender implements Appender {
  private final Bench bench;
  private final byte[] stream;
  private final Map<byte[], byte[]> fields;
  private final RedisClient client;
  private final StatefulRedisConnection<byte[], byte[]> connection;

  LettuceAppender(Bench bench) {
    this.bench = bench;
    this.stream = bench.stream().bytes();
    this.fields = bench.fields();
    this.client = LettucePeer.open(bench.url());
    this.connection = client.connect(ByteArrayCodec.INSTANCE);
  }

  @Override
  public void appendAll(int messages) {
    int batch = Batches.of(LettucePeer.BATCH, bench.payload().length);
    LettucePeer.inBatches(
        connection, messages, batch, () -> connection.async().xadd(stream, fields));
  }

  @Override
  public void appendAndWait() {
    connection.sync().xadd(stream, fields);
  }

  @Override
  public void append(byte[] payload, Runnable stored) {
    var unused = connection.async().xadd(stream, bench.fields(payload)).thenRun(stored);
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown();
  }
}
