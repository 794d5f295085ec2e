package dev.tandem.streams.internal.work;

import dev.tandem.streams.Ordering;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the deliveries of one stream in order, those that are replayed to the group among them.
 * Safe for use by many threads.
 *
 * <p>A lane is kept for each key of which a delivery is here ({@link Ordering#BY_KEY}), or one for
 * all ({@link Ordering#STRICT}). The first delivery of a lane is given to the slots and keeps the
 * lane; those that come meanwhile wait in it, by their ids. When the keeper is done with for good,
 * the next of its lane is given to the slots; a lane without a next one is forgotten. A keeper that
 * is to be retried is done with only after that: it goes to {@link Repeats}, which gives it,
 * counted once more, to the slots again. A keeper that STRICT does not let go of stays in {@link
 * Stops} until it is told to try again.
 *
 * <p>So a delivery that is in order costs one look at a map when it comes and one when it goes, and
 * nothing while it waits: no thread, no timer. Whatever waits is held, renewed, and counts against
 * what the worker reads ahead. But when more than {@code most} wait here, reading of this stream is
 * held until half of them are gone, and what waits here does not count meanwhile ("shelved"), so
 * that other streams find room.
 */
final class Lanes<T> implements Turns {
  /** What the lanes of all streams work with. */
  record Ways(
      Slots slots,
      Completion completion,
      Repeats repeats,
      Stops stops,
      AtomicInteger shelved,
      int maxDeliveries) {}

  private final Handling<T> handling;
  private final GroupStream stream;
  private final boolean strict;
  private final Ways ways;
  private final int most;
  private final Flow flow;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Lane> lanes = new HashMap<>();
  private int waiting;
  private boolean held;

  Lanes(
      Handling<T> handling, GroupStream stream, Ordering ordering, Ways ways, int most, Flow flow) {
    this.handling = handling;
    this.stream = stream;
    this.strict = ordering == Ordering.STRICT;
    this.ways = ways;
    this.most = most;
    this.flow = flow;
  }

  @Override
  public Flow flow() {
    return flow;
  }

  @Override
  public void submit(List<Lease> leases) {
    leases.forEach(this::submit);
    ways.slots().pump();
  }

  private void submit(Lease lease) {
    String key = strict ? "" : EntryFormat.key(lease.entry());
    if (key == null) {
      ways.slots().append(new Single<>(handling, this, lease, null));
      return;
    }
    Lane opened = enter(key, lease);
    if (opened != null) {
      begin(new Single<>(handling, this, lease, opened));
    }
  }

  /** Puts a delivery into its lane; the lane if it is the first there and may go on. */
  private @Nullable Lane enter(String key, Lease lease) {
    lock.lock();
    try {
      Lane lane = lanes.get(key);
      if (lane == null) {
        Lane opened = new Lane(key);
        lanes.put(key, opened);
        return opened;
      }
      lane.add(lease);
      waiting++;
      if (held) {
        ways.shelved().incrementAndGet();
      } else if (waiting > most) {
        hold(true);
        ways.shelved().addAndGet(waiting);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Has neither new entries of the stream read nor what is replayed, or both again. */
  private void hold(boolean now) {
    held = now;
    stream.hold(now);
    stream.replay().hold(now);
  }

  private void begin(Single<?> first) {
    Lease lease = first.lease();
    if (strict && lease.deliveries() > ways.maxDeliveries() && ways.stops().start(lease)) {
      ways.stops().stop(first, "delivered " + lease.deliveries() + " times");
    } else {
      ways.slots().append(first);
    }
  }

  @Override
  public void passedOver(Single<?> attempt) {
    proceed(attempt);
  }

  @Override
  public void finished(Single<?> attempt, Outcome outcome) {
    Lease lease = attempt.lease();
    if (attempt.lane() == null || ways.completion().isAbandoned()) {
      ways.completion().complete(lease, outcome);
    } else if (outcome instanceof Outcome.Retry retry) {
      ways.completion().count(lease, outcome);
      ways.repeats().after(attempt, retry.delay());
    } else if (strict && outcome instanceof Outcome.GiveUp end) {
      ways.completion().count(lease, outcome);
      ways.stops().stop(attempt, end.reason() + " " + end.error());
    } else {
      ways.completion().complete(lease, outcome);
      proceed(attempt);
    }
  }

  private void proceed(Single<?> done) {
    Lane lane = done.lane();
    if (lane != null) {
      Lease next = leave(lane);
      if (next != null) {
        begin(new Single<>(handling, this, next, lane));
      }
    }
  }

  private @Nullable Lease leave(Lane lane) {
    lock.lock();
    try {
      Lease next = lane.poll();
      if (next == null) {
        lanes.remove(lane.key());
        return null;
      }
      waiting--;
      if (held) {
        ways.shelved().decrementAndGet();
        if (waiting <= most / 2) {
          hold(false);
          ways.shelved().addAndGet(-waiting);
        }
      }
      return next;
    } finally {
      lock.unlock();
    }
  }
}
