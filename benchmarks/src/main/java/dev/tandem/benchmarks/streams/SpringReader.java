package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.SpringPeer;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.List;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.stream.Consumer;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.RecordId;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.StreamOperations;

/**
 * Reads with a template's {@code StreamOperations.read} and acknowledges many ids with one {@code
 * acknowledge} ("Redis Streams", synchronous reception, in its reference): its listener container
 * hands over one message at a time and knows no acknowledging of many.
 */
final class SpringReader implements GroupReader<MapRecord<byte[], byte[], byte[]>> {
  private final String group;
  private final LettuceConnectionFactory factory;
  private final StreamOperations<byte[], byte[], byte[]> operations;
  private final Consumer consumer;
  private final StreamReadOptions options =
      StreamReadOptions.empty().count(BATCH).block(Duration.ofMillis(BLOCK_MILLIS));
  private final StreamOffset<byte[]> offset;

  SpringReader(Bench bench, GroupKeys group) {
    this.group = group.group();
    this.consumer = Consumer.from(this.group, CONSUMER);
    this.offset = StreamOffset.create(bench.stream().bytes(), ReadOffset.lastConsumed());
    this.factory = SpringPeer.open(bench.url());
    this.operations = SpringPeer.template(factory).opsForStream();
  }

  @Override
  @SuppressWarnings("unchecked") // an array of what is generic: one offset
  public List<MapRecord<byte[], byte[], byte[]>> read() {
    return operations.read(consumer, options, offset);
  }

  @Override
  public byte[] payload(MapRecord<byte[], byte[], byte[]> entry) {
    return Bench.payload(entry.getValue());
  }

  @Override
  public long acknowledge(List<MapRecord<byte[], byte[], byte[]>> entries) {
    RecordId[] ids = new RecordId[entries.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = entries.get(i).getId();
    }
    return operations.acknowledge(offset.getKey(), group, ids);
  }

  @Override
  public void close() {
    factory.destroy();
  }
}
