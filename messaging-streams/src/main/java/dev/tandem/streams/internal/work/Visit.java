package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What upkeep has in mind about one stream. For its thread, except for what says when it is due and
 * what lacks room.
 */
final class Visit {
  private static final long NOT_PLANNED = TimeUnit.DAYS.toNanos(1);

  final GroupStream stream;

  /** When the group is looked at next. */
  long lookAt;

  /** When retries are due, as far as known. */
  private final AtomicLong promoteAt;

  /** When a sweep goes on that could not take all it found. */
  private final AtomicLong sweepAt;

  /** Whether something could not be taken for want of room. */
  volatile boolean starved;

  /** The last look at the group. */
  @Nullable GroupView view;

  /** Where the walk through all pending entries goes on. */
  String cursor = "-";

  /** Guarded by the agenda. */
  Agenda.@Nullable Note planned;

  Visit(GroupStream stream, long now) {
    this.stream = stream;
    this.lookAt = now;
    this.promoteAt = new AtomicLong(now + NOT_PLANNED);
    this.sweepAt = new AtomicLong(now + NOT_PLANNED);
  }

  void promoteBy(long atNanos) {
    promoteAt.accumulateAndGet(atNanos, Visit::earlier);
  }

  void sweepBy(long atNanos) {
    sweepAt.accumulateAndGet(atNanos, Visit::earlier);
  }

  /** Whether retries are due; if so, they are looked after by who asks. */
  boolean takePromotion(long now) {
    return take(promoteAt, now);
  }

  /** Whether a sweep is to go on; if so, it is by who asks. */
  boolean takeSweep(long now) {
    return take(sweepAt, now);
  }

  private static boolean take(AtomicLong at, long now) {
    long planned = at.get();
    return planned - now <= 0 && at.compareAndSet(planned, now + NOT_PLANNED);
  }

  /** When there is something to do next. */
  long nextAt() {
    return earlier(lookAt, earlier(promoteAt.get(), sweepAt.get()));
  }

  private static long earlier(long one, long other) {
    return one - other <= 0 ? one : other;
  }
}
