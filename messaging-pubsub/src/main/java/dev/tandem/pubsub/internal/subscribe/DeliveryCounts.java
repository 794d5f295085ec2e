package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What was delivered to one listener of one channel, and what was not. Deliveries are added to the
 * counts of the channel and of the bus once for each parcel, to keep the cost of one small.
 *
 * <p>Thread safety: safe for use by many threads, except that {@link #delivered} and {@link #flush}
 * are called by one thread at a time.
 */
final class DeliveryCounts {
  private static final AtomicLongFieldUpdater<DeliveryCounts> DELIVERED =
      AtomicLongFieldUpdater.newUpdater(DeliveryCounts.class, "delivered");
  private static final AtomicReferenceFieldUpdater<DeliveryCounts, @Nullable AtomicLongArray> RARE =
      AtomicReferenceFieldUpdater.newUpdater(DeliveryCounts.class, AtomicLongArray.class, "rare");

  private final BusMetrics metrics;
  private final ChannelTally channel;

  private volatile long delivered;

  /** By {@link Rare}; made when one of them happens. */
  private volatile @Nullable AtomicLongArray rare;

  private int unflushed;
  private int unflushedRecovered;
  private int unflushedRepaired;

  DeliveryCounts(BusMetrics metrics, ChannelTally channel) {
    this.metrics = metrics;
    this.channel = channel;
  }

  /** What happens to few subscriptions. */
  private enum Rare {
    RECOVERED,
    REPAIRED,
    FILTERED,
    EXPIRED,
    GAPS,
    DUPLICATES,
    DROPPED,
    CONFLATED,
    FAILURES
  }

  private void count(Rare what, long amount) {
    AtomicLongArray counts = rare;
    (counts != null ? counts : makeRare()).addAndGet(place(what), amount);
  }

  @SuppressWarnings("EnumOrdinal") // an enum of this class, never stored
  private static int place(Rare what) {
    return what.ordinal();
  }

  private AtomicLongArray makeRare() {
    AtomicLongArray made = new AtomicLongArray(Rare.values().length);
    return RARE.compareAndSet(this, null, made) ? made : Objects.requireNonNull(rare);
  }

  private long sum(Rare what) {
    AtomicLongArray counts = rare;
    return counts == null ? 0 : counts.get(place(what));
  }

  /** The listener was called with a message, or is about to get one. */
  void delivered(Origin origin) {
    DELIVERED.lazySet(this, delivered + 1); // one thread at a time writes it
    unflushed++;
    if (origin == Origin.RECOVERED) {
      unflushedRecovered++;
    } else if (origin == Origin.REPAIRED) {
      unflushedRepaired++;
    }
  }

  /** Adds what was delivered since the last time to the bus's counts. */
  void flush() {
    if (unflushed == 0) {
      return;
    }
    channel.delivered(unflushed, unflushedRecovered, unflushedRepaired);
    metrics.delivered().add(unflushed);
    unflushed = 0;
    if (unflushedRecovered > 0) {
      count(Rare.RECOVERED, unflushedRecovered);
      metrics.recovered().add(unflushedRecovered);
      unflushedRecovered = 0;
    }
    if (unflushedRepaired > 0) {
      count(Rare.REPAIRED, unflushedRepaired);
      metrics.repaired().add(unflushedRepaired);
      unflushedRepaired = 0;
    }
  }

  /** The listener has returned; what comes after an absence tells nothing of the way. */
  void returned(Parcel<?> parcel, long nowNanos) {
    ReceivedFrame frame = parcel.frame();
    if (frame != null && parcel.origin() != Origin.RECOVERED) {
      metrics.endToEnd().returned(frame.frame().timestamp().toEpochMilli(), nowNanos);
    }
  }

  void gap(GapReason reason) {
    channel.gap(reason);
    metrics.gaps(reason).add(1);
    count(Rare.GAPS, 1);
  }

  /** A message was older than its time to live. */
  void expired() {
    count(Rare.EXPIRED, 1);
    metrics.expired().add(1);
  }

  /** The subscription does not want a message. */
  void filtered() {
    count(Rare.FILTERED, 1);
  }

  /** Messages that were left out before they came to wait. */
  void leftOut(int unwanted, int superseded) {
    if (unwanted > 0) {
      count(Rare.FILTERED, unwanted);
    }
    if (superseded > 0) {
      channel.conflated(superseded);
      metrics.conflated().add(superseded);
      count(Rare.CONFLATED, superseded);
    }
  }

  void duplicates(int messages) {
    count(Rare.DUPLICATES, messages);
  }

  void dropped(int messages) {
    channel.dropped(messages);
    metrics.dropped().add(messages);
    count(Rare.DROPPED, messages);
  }

  void failed() {
    channel.failed();
    metrics.listenerFailures().add(1);
    count(Rare.FAILURES, 1);
  }

  SubscriptionStats stats(int queued, long queuedBytes) {
    return new SubscriptionStats(
        delivered,
        sum(Rare.RECOVERED),
        sum(Rare.REPAIRED),
        sum(Rare.GAPS),
        sum(Rare.DUPLICATES),
        sum(Rare.DROPPED),
        sum(Rare.CONFLATED),
        sum(Rare.EXPIRED),
        sum(Rare.FILTERED),
        sum(Rare.FAILURES),
        queued,
        queuedBytes);
  }
}
