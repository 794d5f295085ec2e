package dev.tandem.streams.internal.work;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How many deliveries a worker may hold that it has not handled yet. At least twice as many as it
 * handles at a time. More only while its handlers are fast: as many as they have finished within
 * the last {@link #HORIZON} or two, up to {@value #MOST} and about {@value #MOST_BYTES} bytes. So
 * what waits here is handled soon, and what takes its time is left to workers that are idle.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Pace {
  /** Within about twice this time what is held has been handled, at the present pace. */
  static final Duration HORIZON = Duration.ofMillis(100);

  /** The most that are held because handlers are fast. */
  static final int MOST = 4_096;

  /** About how many bytes of entries are held because handlers are fast. */
  static final long MOST_BYTES = 8 << 20;

  private final int least;
  private final LongSupplier finished;
  private final ReentrantLock looking = new ReentrantLock();
  private long since;
  private long finishedBefore;
  private long finishedInLastSpan;
  private volatile int fitting = MOST;
  private volatile int limit;

  /**
   * A pace that nothing is known about yet.
   *
   * @param least the least to hold
   * @param finished how many handlers have finished so far
   */
  Pace(int least, LongSupplier finished, long nowNanos) {
    this.least = least;
    this.finished = finished;
    this.since = nowNanos;
    this.limit = least;
  }

  /** How many may be held. */
  int limit() {
    return limit;
  }

  /** Finds out how fast handlers are now. */
  void look(long nowNanos) {
    if (!looking.tryLock()) {
      return; // another reader does
    }
    try {
      long count = finished.getAsLong();
      long spans = (nowNanos - since) / HORIZON.toNanos();
      if (spans > 0) {
        finishedInLastSpan = spans == 1 ? count - finishedBefore : 0;
        finishedBefore = count;
        since += spans * HORIZON.toNanos();
      }
      long lately = Math.max(finishedInLastSpan, count - finishedBefore);
      limit = (int) Math.max(least, Math.min(lately, Math.min(MOST, fitting)));
    } finally {
      looking.unlock();
    }
  }

  /** So many entries of so many bytes in all were read. */
  void read(int entries, long bytes) {
    if (entries > 0) {
      fitting = (int) Math.min(MOST, MOST_BYTES * entries / Math.max(1, bytes));
    }
  }
}
