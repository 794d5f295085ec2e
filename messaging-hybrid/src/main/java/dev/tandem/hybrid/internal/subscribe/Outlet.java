package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.hybrid.HybridSubscribeOptions;
import dev.tandem.hybrid.HybridSubscriptionStats;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the user's listener with what it wants, and counts; nothing any more once closed. */
final class Outlet<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Outlet.class);

  private final LiveListener<T> listener;
  private final Set<String> types;
  private final @Nullable Predicate<? super LiveMessage<?>> filter;
  private final Metrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  private final LongAdder delivered = new LongAdder();
  private final LongAdder fromStream = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder filtered = new LongAdder();
  private final LongAdder gaps = new LongAdder();
  private final LongAdder catchUps = new LongAdder();
  private final LongAdder failures = new LongAdder();

  Outlet(LiveListener<T> listener, HybridSubscribeOptions options, Metrics metrics) {
    this.listener = listener;
    this.types = options.wantedTypes();
    this.filter = options.wantedFilter();
    this.metrics = metrics;
  }

  /** Whether a call may begin; if not, whoever asked must not believe that it was made. */
  private boolean mayCall() {
    lock.lock();
    try {
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** No call begins any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Calls the listener if it wants this; false if it is closed. */
  boolean message(LiveMessage<T> message, boolean streamed) {
    if (!mayCall()) {
      return false;
    }
    try {
      if (!wants(message)) {
        filtered.increment();
        return true;
      }
      delivered.increment();
      if (streamed) {
        fromStream.increment();
        metrics.streamed().inc();
      }
      listener.onMessage(message);
    } catch (Throwable e) { // what a listener throws must not end its subscription
      failed("message " + message.id(), e);
    }
    return true;
  }

  private boolean wants(LiveMessage<T> message) {
    return (types.isEmpty() || types.contains(message.type()))
        && (filter == null || filter.test(message));
  }

  /** Tells the listener; false if it is closed. */
  boolean gap(Gap gap) {
    if (!mayCall()) {
      return false;
    }
    gaps.increment();
    metrics.gaps().inc();
    try {
      listener.onGap(gap);
    } catch (Throwable e) {
      failed("a gap, " + gap.reason(), e);
    }
    return true;
  }

  private void failed(String what, Throwable e) {
    failures.increment();
    LOG.warn("a listener or filter failed for {}", what, e);
  }

  /** A message was left out because its time was over. */
  void expired() {
    expired.increment();
  }

  /** The stream is needed. */
  void catchUp() {
    catchUps.increment();
    metrics.catchUps().inc();
  }

  HybridSubscriptionStats stats(boolean live) {
    return new HybridSubscriptionStats(
        delivered.sum(),
        fromStream.sum(),
        gaps.sum(),
        expired.sum(),
        filtered.sum(),
        failures.sum(),
        catchUps.sum(),
        live);
  }
}
