package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.pubsub.ChannelDeliveries;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What all subscriptions to a channel have done together.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class ChannelTally {
  private final Clock clock;
  private final LongAdder delivered = new LongAdder();
  private final LongAdder recovered = new LongAdder();
  private final LongAdder repaired = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder conflated = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final ConcurrentHashMap<GapReason, Long> gaps = new ConcurrentHashMap<>(0);
  private volatile long lastDeliveryMillis = Long.MIN_VALUE;

  ChannelTally(Clock clock) {
    this.clock = clock;
  }

  void delivered(int messages, int ofThemRecovered, int ofThemRepaired) {
    delivered.add(messages);
    if (ofThemRecovered > 0) {
      recovered.add(ofThemRecovered);
    }
    if (ofThemRepaired > 0) {
      repaired.add(ofThemRepaired);
    }
    long now = clock.millis();
    if (now != lastDeliveryMillis) { // mostly equal: thousands of subscribers get the same message
      lastDeliveryMillis = now;
    }
  }

  void gap(GapReason reason) {
    gaps.merge(reason, 1L, Long::sum);
  }

  void dropped(int messages) {
    dropped.add(messages);
  }

  void conflated(int messages) {
    conflated.add(messages);
  }

  void failed() {
    failures.increment();
  }

  /** Adds what another one has counted. */
  void take(ChannelTally other) {
    delivered.add(other.delivered.sum());
    recovered.add(other.recovered.sum());
    repaired.add(other.repaired.sum());
    dropped.add(other.dropped.sum());
    conflated.add(other.conflated.sum());
    failures.add(other.failures.sum());
    other.gaps.forEach((reason, count) -> gaps.merge(reason, count, Long::sum));
    lastDeliveryMillis = Math.max(lastDeliveryMillis, other.lastDeliveryMillis);
  }

  void reset() {
    delivered.reset();
    recovered.reset();
    repaired.reset();
    dropped.reset();
    conflated.reset();
    failures.reset();
    gaps.clear();
    lastDeliveryMillis = Long.MIN_VALUE;
  }

  ChannelDeliveries stats(@Nullable String tenant, @Nullable String channel) {
    long last = lastDeliveryMillis;
    return new ChannelDeliveries(
        tenant,
        channel,
        delivered.sum(),
        recovered.sum(),
        repaired.sum(),
        gaps,
        dropped.sum(),
        conflated.sum(),
        failures.sum(),
        last == Long.MIN_VALUE ? null : Instant.ofEpochMilli(last));
  }
}
