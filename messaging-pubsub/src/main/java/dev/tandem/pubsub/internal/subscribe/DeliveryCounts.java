package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.log.Origin;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What was delivered to one listener of one channel, and what was not. Deliveries are added to the
 * counts of the channel and of the bus once for each parcel, to keep the cost of one small.
 *
 * <p>Thread safety: safe for use by many threads, except that {@link #delivered} and {@link #flush}
 * are called by one thread at a time.
 */
final class DeliveryCounts {
  private final BusMetrics metrics;
  private final ChannelTally channel;

  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong recovered = new AtomicLong();
  private final AtomicLong repaired = new AtomicLong();
  private final AtomicLong filtered = new AtomicLong();
  private final AtomicLong expired = new AtomicLong();
  private final AtomicLong gaps = new AtomicLong();
  private final AtomicLong duplicates = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong conflated = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  private int unflushed;
  private int unflushedRecovered;
  private int unflushedRepaired;

  DeliveryCounts(BusMetrics metrics, ChannelTally channel) {
    this.metrics = metrics;
    this.channel = channel;
  }

  /** The listener was called with a message, or is about to get one. */
  void delivered(Origin origin) {
    increment(delivered);
    unflushed++;
    if (origin == Origin.RECOVERED) {
      increment(recovered);
      unflushedRecovered++;
    } else if (origin == Origin.REPAIRED) {
      increment(repaired);
      unflushedRepaired++;
    }
  }

  /** A count that one thread at a time writes needs no atomic step. */
  private static void increment(AtomicLong count) {
    count.setRelease(count.getPlain() + 1);
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
      metrics.recovered().add(unflushedRecovered);
      unflushedRecovered = 0;
    }
    if (unflushedRepaired > 0) {
      metrics.repaired().add(unflushedRepaired);
      unflushedRepaired = 0;
    }
  }

  void gap(GapReason reason) {
    channel.gap(reason);
    metrics.gaps(reason).add(1);
    gaps.incrementAndGet();
  }

  /** A message was older than its time to live. */
  void expired() {
    expired.incrementAndGet();
    metrics.expired().add(1);
  }

  /** The subscription does not want a message. */
  void filtered() {
    filtered.incrementAndGet();
  }

  /** Messages that were left out before they came to wait. */
  void leftOut(int unwanted, int superseded) {
    if (unwanted > 0) {
      filtered.addAndGet(unwanted);
    }
    if (superseded > 0) {
      channel.conflated(superseded);
      metrics.conflated().add(superseded);
      conflated.addAndGet(superseded);
    }
  }

  void duplicates(int messages) {
    duplicates.addAndGet(messages);
  }

  void dropped(int messages) {
    channel.dropped(messages);
    metrics.dropped().add(messages);
    dropped.addAndGet(messages);
  }

  void failed() {
    channel.failed();
    metrics.listenerFailures().add(1);
    failures.incrementAndGet();
  }

  SubscriptionStats stats(int queued, long queuedBytes) {
    return new SubscriptionStats(
        delivered.get(),
        recovered.get(),
        repaired.get(),
        gaps.get(),
        duplicates.get(),
        dropped.get(),
        conflated.get(),
        expired.get(),
        filtered.get(),
        failures.get(),
        queued,
        queuedBytes);
  }
}
