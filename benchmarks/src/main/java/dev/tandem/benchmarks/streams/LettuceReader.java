package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.peers.LettucePeer;
import dev.tandem.tenant.GroupKeys;
import io.lettuce.core.Consumer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.List;

/**
 * Reads with {@code xreadgroup} and acknowledges many ids with one {@code xack}, on a connection of
 * its own: "blocking commands can be a reason to use multiple connections" ("Pipelining and command
 * flushing" in its reference guide).
 */
final class LettuceReader implements GroupReader<StreamMessage<byte[], byte[]>> {
  private final byte[] group;
  private final Consumer<byte[]> consumer;
  private final XReadArgs arguments = XReadArgs.Builder.count(BATCH).block(BLOCK_MILLIS);
  private final StreamOffset<byte[]> offset;
  private final RedisClient client;
  private final RedisCommands<byte[], byte[]> commands;

  LettuceReader(Bench bench, GroupKeys group) {
    this.group = group.group().getBytes(UTF_8);
    this.consumer = Consumer.from(this.group, CONSUMER.getBytes(UTF_8));
    this.offset = StreamOffset.lastConsumed(bench.stream().bytes());
    this.client = LettucePeer.open(bench.url());
    this.commands = client.connect(ByteArrayCodec.INSTANCE).sync();
  }

  @Override
  @SuppressWarnings("unchecked") // an array of what is generic: one offset
  public List<StreamMessage<byte[], byte[]>> read() {
    return commands.xreadgroup(consumer, arguments, offset);
  }

  @Override
  public byte[] payload(StreamMessage<byte[], byte[]> entry) {
    return Bench.payload(entry.getBody());
  }

  @Override
  public long acknowledge(List<StreamMessage<byte[], byte[]>> entries) {
    String[] ids = new String[entries.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = entries.get(i).getId();
    }
    return commands.xack(offset.getName(), group, ids);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
