package dev.tandem.streams.internal.consume;

import dev.tandem.api.Message;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.Lease;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what a lane has ready into deliveries; what is expired or not readable goes to the dead
 * letters instead, and what cannot be read for an error of another kind is retried. For one poll.
 */
final class HandingOut<T> {
  private static final Logger LOG = LoggerFactory.getLogger(HandingOut.class);

  private final ConsumerCore core;
  private final Lane lane;
  private final StreamTopic<T> topic;
  private final List<HeldDelivery<T>> out = new ArrayList<>();
  private boolean discarded;
  private @Nullable Instant serverTime;

  HandingOut(ConsumerCore core, Lane lane, StreamTopic<T> topic) {
    this.core = core;
    this.lane = lane;
    this.topic = topic;
  }

  /** What there is to hand out. */
  List<HeldDelivery<T>> out() {
    return out;
  }

  boolean isEmpty() {
    return out.isEmpty();
  }

  /** Whether some of what was ready is not handed out, so that more may be taken in its place. */
  boolean hasDiscarded() {
    return discarded;
  }

  /** Takes up to so many; those that cannot be looked at stay ready. */
  void upTo(int most) {
    while (out.size() < most && !lane.ready.isEmpty()) {
      Lease lease = lane.ready.element();
      try {
        handOut(lease);
      } catch (RuntimeException | Error e) {
        if (out.isEmpty()) {
          throw e;
        }
        return; // the next poll meets it again
      }
      lane.ready.remove();
    }
    lane.settleDoomed();
  }

  private void handOut(Lease lease) {
    if (lease.isStale(System.nanoTime(), core.settings().lease().toNanos())) {
      // Perhaps another consumer has it by now. If not, it is found under our name and comes back.
      core.member().registry().drop(lease);
      lane.feedOf(lease).unaccounted();
      discarded = true;
      return;
    }
    Request.@Nullable Wish doom = null;
    @Nullable Message<T> message = null;
    if (isExpired(lease)) {
      doom = new Request.Bury(DeadLetterReason.EXPIRED, "");
    } else {
      try {
        message = EntryFormat.decode(lease.stream().tenant(), topic, lease.entry());
      } catch (SerdeException e) {
        LOG.warn("{} is not readable and goes to the dead letters: {}", lease, e.toString());
        doom = new Request.Bury(DeadLetterReason.NOT_READABLE, DeadLetterFormat.describe(e));
      } catch (RuntimeException | Error e) {
        LOG.warn("{} could not be read for now: {}", lease, e.toString());
        doom = core.afterFailure(lease, DeadLetterFormat.describe(e));
      }
    }
    if (!core.member().registry().start(lease)) {
      discarded = true;
      return; // lost while it waited
    }
    if (doom != null) {
      discarded = true;
      lane.doomed.add(new Request(lane, lease, doom));
    } else if (message != null) {
      out.add(new Held<>(core, lane, lease, topic, message));
    }
  }

  private boolean isExpired(Lease lease) {
    long ttl = EntryFormat.ttlMillis(lease.entry());
    if (ttl == 0) {
      return false;
    }
    Instant now = serverTime;
    if (now == null) {
      now = core.member().redis().serverTime();
      serverTime = now;
    }
    return lease.id().time().plusMillis(ttl).isBefore(now);
  }
}
