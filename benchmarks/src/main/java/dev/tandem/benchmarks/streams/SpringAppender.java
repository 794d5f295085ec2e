package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.SpringPeer;
import java.util.Map;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.StreamRecords;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.StreamOperations;

/**
 * Appends with a template: with {@code xAdd} in {@code executePipelined}, or with {@code
 * StreamOperations.add}, which all threads call over one connection ("Redis Streams", appending;
 * see {@link SpringPeer}).
 */
final class SpringAppender implements Appender {
  private final Bench bench;
  private final LettuceConnectionFactory factory;
  private final RedisTemplate<byte[], byte[]> template;
  private final StreamOperations<byte[], byte[], byte[]> operations;
  private final MapRecord<byte[], byte[], byte[]> entry;

  SpringAppender(Bench bench) {
    this.bench = bench;
    this.factory = SpringPeer.open(bench.url());
    this.template = SpringPeer.template(factory);
    this.operations = template.opsForStream();
    this.entry = record(bench.fields());
  }

  private MapRecord<byte[], byte[], byte[]> record(Map<byte[], byte[]> fields) {
    return StreamRecords.<byte[], byte[], byte[]>mapBacked(fields)
        .withStreamKey(bench.stream().bytes());
  }

  @Override
  public void appendAll(int messages) {
    int batch = Batches.of(SpringPeer.BATCH, bench.payload().length);
    SpringPeer.inPipelines(
        template, messages, batch, (connection, number) -> connection.streamCommands().xAdd(entry));
  }

  @Override
  public void appendAndWait() {
    operations.add(entry);
  }

  @Override
  public void append(byte[] payload, Runnable stored) {
    operations.add(record(bench.fields(payload)));
    stored.run();
  }

  @Override
  public void close() {
    factory.destroy();
  }
}
