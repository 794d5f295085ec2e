package dev.tandem.benchmarks.live;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Publishes by one {@link LiveBus} to listeners of another, a future for each message, {@value
 * #AHEAD} of them at a time. What waits for a listener may be as much as may be on the way, for
 * fleeting channels drop and count what exceeds it; others wait in a socket then.
 */
final class TandemLive implements Live {
  private static final int AHEAD = 8_192;
  private static final int QUEUE_LIMIT = 1 << 18;
  private static final long QUEUE_BYTES = 256L << 20;

  private final LiveBench bench;
  private final List<Channel<byte[]>> channels = new ArrayList<>();
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final RedisConnection receiving;
  private final RedisConnection sending;
  private final LiveBus subscriber;
  private final LiveBus publisher;

  private TandemLive(LiveBench bench, int count, IntFunction<Channel<byte[]>> channel) {
    this.bench = bench;
    for (int i = 0; i < count; i++) {
      channels.add(channel.apply(i));
    }
    this.receiving = bench.openRedis();
    this.sending = bench.openRedis();
    this.subscriber = bench.bus(receiving);
    this.publisher = bench.bus(sending);
  }

  /** Channels that keep nothing. */
  static TandemLive fleeting(LiveBench bench, int channels) {
    return new TandemLive(bench, channels, i -> bench.fleeting("fleeting-" + i));
  }

  /** Stored, versioned and checked. */
  static TandemLive recoverable(LiveBench bench, int channels) {
    return new TandemLive(bench, channels, i -> bench.recoverable("recoverable-" + i));
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) {
    subscriptions.add(
        subscriber.subscribe(
            bench.tenant(),
            channels.get(channel),
            SubscribeOptions.fromNow().queueLimit(QUEUE_LIMIT).queueBytes(QUEUE_BYTES),
            new LiveListener<>() {
              @Override
              public void onMessage(LiveMessage<byte[]> message) {
                listener.accept(message.raw());
              }

              @Override
              public void onGap(Gap gap) {} // what is missing is counted where it should arrive
            }));
  }

  @Override
  public void awaitSubscribed() {
    subscriptions.forEach(subscription -> Awaiting.result(subscription.active()));
  }

  @Override
  public void publishAll(int from, int messages) {
    Deque<CompletableFuture<PublishReceipt>> receipts = new ArrayDeque<>(AHEAD);
    for (int sent = from; sent < from + messages; sent++) {
      if (receipts.size() == AHEAD) {
        Awaiting.result(receipts.remove());
      }
      receipts.add(
          publisher.publishAsync(
              bench.tenant(), channels.get(sent % channels.size()), bench.message()));
    }
    receipts.forEach(Awaiting::result);
  }

  @Override
  public void publish(int channel, byte[] payload) {
    Message<byte[]> message = Message.of("order.placed", payload);
    var unused = publisher.publishAsync(bench.tenant(), channels.get(channel), message);
  }

  @Override
  public void close() {
    publisher.close();
    subscriber.close();
    sending.close();
    receiving.close();
    channels.forEach(bench::remove);
  }
}
