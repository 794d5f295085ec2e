package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscription: its place in a feed, and its mailbox.
 *
 * <p>Thread safety: safe for use by many threads.
 */
abstract class LocalSubscriber<T> implements Subscription, Mailbox.Owner {
  @SuppressWarnings("rawtypes") // class literals have no parameters
  private static final AtomicIntegerFieldUpdater<LocalSubscriber> SETTLED =
      AtomicIntegerFieldUpdater.newUpdater(LocalSubscriber.class, "settled");

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<LocalSubscriber> CLOSED =
      AtomicIntegerFieldUpdater.newUpdater(LocalSubscriber.class, "closed");

  /** The place of one that is in no feed. */
  static final int NOWHERE = -1;

  /** Where it is in the audience of its feed, which guards this. */
  int place = NOWHERE;

  private final Mailbox<T> mailbox;
  private final BusThreads threads;
  private final Consumer<LocalSubscriber<?>> onClose;
  private final CompletableFuture<Void> active = new CompletableFuture<>();
  private volatile int settled;
  private volatile int closed;

  LocalSubscriber(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Context context,
      Consumer<LocalSubscriber<?>> onClose) {
    this.threads = context.threads();
    this.onClose = onClose;
    this.mailbox = new Mailbox<>(tenant, channel, options, queue, context, this);
    queue.join(mailbox);
  }

  /**
   * What subscribers need of their bus.
   *
   * @param instanceId the bus
   * @param threads its threads
   * @param metrics its metrics
   * @param tallies its counts by channel
   */
  record Context(
      String instanceId, BusThreads threads, BusMetrics metrics, ChannelTallies tallies) {}

  final Mailbox<T> mailbox() {
    return mailbox;
  }

  final boolean isClosed() {
    return closed != 0;
  }

  @Override
  public void onRoom() {}

  /** The subscription is in force and its start is settled. */
  final void settle() {
    if (settled == 0 && SETTLED.compareAndSet(this, 0, 1)) {
      threads.deliver(() -> active.complete(null));
    }
  }

  /** Redis refuses the subscription for this reason. */
  final void deny(MessagingException why) {
    if (settled == 0) {
      threads.deliver(() -> active.completeExceptionally(why));
    }
  }

  /** Takes a frame that belongs to no log. */
  final void offerFleeting(ReceivedFrame frame) {
    mailbox.putOrDrop(frame);
  }

  @Override
  public final CompletableFuture<Void> active() {
    return active.copy();
  }

  @Override
  public final @Nullable Position position() {
    return mailbox.position();
  }

  @Override
  public final SubscriptionStats stats() {
    return mailbox.stats();
  }

  @Override
  public final void close() {
    if (CLOSED.compareAndSet(this, 0, 1)) {
      mailbox.close();
      end();
    }
  }

  /** Ends it, and leaves the queue to the others that fill it. */
  final void leave() {
    if (CLOSED.compareAndSet(this, 0, 1)) {
      mailbox.leave();
      end();
    }
  }

  private void end() {
    onClose.accept(this);
    active.completeExceptionally(new ClosedException("the subscription is closed"));
  }
}
