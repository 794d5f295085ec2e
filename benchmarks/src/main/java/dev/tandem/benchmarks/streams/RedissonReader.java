package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.RedissonPeer;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.redisson.api.RStream;
import org.redisson.api.RedissonClient;
import org.redisson.api.stream.StreamMessageId;
import org.redisson.api.stream.StreamReadGroupArgs;

/**
 * Reads with {@code RStream.readGroup} and acknowledges many ids with one {@code ack} ("Stream" in
 * its documentation of queues).
 */
final class RedissonReader implements GroupReader<Map.Entry<StreamMessageId, Map<byte[], byte[]>>> {
  private final String group;
  private final RedissonClient client;
  private final RStream<byte[], byte[]> stream;
  private final StreamReadGroupArgs arguments =
      StreamReadGroupArgs.neverDelivered().count(BATCH).timeout(Duration.ofMillis(BLOCK_MILLIS));

  RedissonReader(Bench bench, GroupKeys group) {
    this.group = group.group();
    this.client = RedissonPeer.open(bench.url(), 1);
    this.stream = client.getStream(bench.stream().text());
  }

  @Override
  public List<Map.Entry<StreamMessageId, Map<byte[], byte[]>>> read() {
    return List.copyOf(stream.readGroup(group, CONSUMER, arguments).entrySet());
  }

  @Override
  public byte[] payload(Map.Entry<StreamMessageId, Map<byte[], byte[]>> entry) {
    return Bench.payload(entry.getValue());
  }

  @Override
  public long acknowledge(List<Map.Entry<StreamMessageId, Map<byte[], byte[]>>> entries) {
    StreamMessageId[] ids = new StreamMessageId[entries.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = entries.get(i).getKey();
    }
    return stream.ack(group, ids);
  }

  @Override
  public void close() {
    RedissonPeer.close(client);
  }
}
