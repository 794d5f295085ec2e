package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.RedissonPeer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;

/**
 * Publishes with {@code RTopic.publishAsync} in batches of {@code RBatch}, and subscribes with a
 * listener each ("Topic" and "Pipelining" in its documentation), all over one connection.
 */
final class RedissonLive implements Live {

  private final List<String> channels = new ArrayList<>();
  private final List<RTopic> topics = new ArrayList<>();
  private final byte[] payload;
  private final RedissonClient receiving;
  private final RedissonClient sending;
  private final RedissonListening listening = new RedissonListening();

  RedissonLive(LiveBench bench, int count) {
    payload = bench.payload();
    receiving = RedissonPeer.forSubscriptions(bench.url(), count);
    sending = RedissonPeer.open(bench.url(), 1);
    for (int i = 0; i < count; i++) {
      channels.add(bench.byHand("redisson", i));
      topics.add(receiving.getTopic(channels.get(i)));
    }
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) throws InterruptedException {
    listening.await(
        topics
            .get(channel)
            .addListenerAsync(byte[].class, (name, message) -> listener.accept(message)));
  }

  @Override
  public void awaitSubscribed() {} // subscribe has waited

  @Override
  public void publishAll(int from, int messages) {
    int[] next = {from};
    RedissonPeer.inBatches(
        sending,
        messages,
        Batches.of(RedissonPeer.BATCH, payload.length),
        commands -> {
          for (int i = 0; i < commands.count(); i++) {
            var unused =
                commands
                    .batch()
                    .getTopic(channels.get(next[0]++ % channels.size()))
                    .publishAsync(payload);
          }
        });
  }

  @Override
  public void publish(int channel, byte[] message) {
    var unused = sending.getTopic(channels.get(channel)).publishAsync(message);
  }

  @Override
  public void close() {
    RedissonPeer.close(sending);
    RedissonPeer.close(receiving);
  }
}
