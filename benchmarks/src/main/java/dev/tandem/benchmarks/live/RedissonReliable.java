package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.benchmarks.peers.RedissonPeer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.redisson.api.RFuture;
import org.redisson.api.RReliableTopic;
import org.redisson.api.RedissonClient;

/**
 * Publishes with {@code RReliableTopic.publishAsync}, {@value #AHEAD} at a time, to a listener of
 * another client ("Reliable Topic" in its documentation, which names no number). There is none in
 * {@code RBatch}; so calls go over as many connections as Redisson holds open as it comes, {@value
 * #CONNECTIONS}.
 */
final class RedissonReliable implements Live {
  private static final int AHEAD = 256;
  private static final int CONNECTIONS = 24;
  private static final long QUIET_WITHIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final byte[] payload;
  private final RedissonClient receiving;
  private final RedissonClient sending;
  private final List<RReliableTopic> subscribed = new ArrayList<>();
  private final List<RReliableTopic> published = new ArrayList<>();
  private final RedissonListening listening = new RedissonListening();

  RedissonReliable(LiveBench bench, int count) {
    payload = bench.payload();
    receiving = RedissonPeer.open(bench.url(), CONNECTIONS);
    sending = RedissonPeer.open(bench.url(), CONNECTIONS);
    for (int i = 0; i < count; i++) {
      String name = bench.byHand("reliable", i);
      subscribed.add(receiving.getReliableTopic(name));
      published.add(sending.getReliableTopic(name));
    }
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) throws InterruptedException {
    listening.await(
        subscribed
            .get(channel)
            .addListenerAsync(byte[].class, (name, message) -> listener.accept(message)));
  }

  @Override
  public void awaitSubscribed() {} // subscribe has waited

  @Override
  public void publishAll(int from, int messages) {
    Deque<RFuture<Long>> replies = new ArrayDeque<>(AHEAD);
    for (int sent = from; sent < from + messages; sent++) {
      if (replies.size() == AHEAD) {
        Awaiting.result(replies.remove());
      }
      replies.add(published.get(sent % published.size()).publishAsync(payload));
    }
    replies.forEach(Awaiting::result);
  }

  @Override
  public void publish(int channel, byte[] message) {
    var unused = published.get(channel).publishAsync(message);
  }

  /**
   * Ends when the subscriber has acknowledged and trimmed all, or after a while: the script with
   * which it does so fails without a group, and so the group is not removed before.
   */
  @Override
  public void close() {
    long giveUp = System.nanoTime() + QUIET_WITHIN_NANOS;
    while (published.stream().anyMatch(topic -> topic.size() > 0) && System.nanoTime() < giveUp) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    subscribed.forEach(RReliableTopic::removeAllListeners); // or closing waits for their reads
    RedissonPeer.close(receiving);
    published.forEach(RReliableTopic::delete);
    RedissonPeer.close(sending);
  }
}
