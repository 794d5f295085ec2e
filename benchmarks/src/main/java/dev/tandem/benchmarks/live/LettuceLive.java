package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.LettucePeer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Publishes with asynchronous commands that are flushed in batches, and subscribes with listeners
 * of one publish/subscribe connection ("Publish/Subscribe" in its reference guide). A listener
 * hears all channels of its connection: with many channels there is one listener, and it knows
 * them.
 */
final class LettuceLive implements Live {
  private final byte[][] channels;
  private final byte[] payload;
  private final RedisClient client;
  private final StatefulRedisPubSubConnection<byte[], byte[]> receiving;
  private final StatefulRedisConnection<byte[], byte[]> sending;
  private final Set<Integer> subscribed = new LinkedHashSet<>();
  private final ByChannel<Consumer<byte[]>> listeners = new ByChannel<>();

  LettuceLive(LiveBench bench, int count) {
    channels = new byte[count][];
    for (int i = 0; i < count; i++) {
      channels[i] = bench.byHand("lettuce", i).getBytes(UTF_8);
    }
    payload = bench.payload();
    client = LettucePeer.open(bench.url());
    receiving = client.connectPubSub(ByteArrayCodec.INSTANCE);
    sending = client.connect(ByteArrayCodec.INSTANCE);
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) {
    subscribed.add(channel);
    if (channels.length == 1) {
      receiving.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] name, byte[] message) {
              listener.accept(message);
            }
          });
    } else {
      listeners.add(channels[channel], listener);
    }
  }

  @Override
  public void awaitSubscribed() {
    if (channels.length > 1) {
      receiving.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] name, byte[] message) {
              listeners.of(name).forEach(listener -> listener.accept(message));
            }
          });
    }
    receiving
        .sync()
        .subscribe(subscribed.stream().map(channel -> channels[channel]).toArray(byte[][]::new));
  }

  @Override
  public void publishAll(int from, int messages) {
    AtomicInteger next = new AtomicInteger(from);
    LettucePeer.inBatches(
        sending,
        messages,
        Batches.of(LettucePeer.BATCH, payload.length),
        () -> sending.async().publish(channels[next.getAndIncrement() % channels.length], payload));
  }

  @Override
  public void publish(int channel, byte[] message) {
    var unused = sending.async().publish(channels[channel], message);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
