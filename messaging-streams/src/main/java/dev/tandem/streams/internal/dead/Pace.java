package dev.tandem.streams.internal.dead;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Holds the calling thread back so that it does no more than so many things a second.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Pace {
  private static final int STEPS_PER_SECOND = 20;
  private static final int LARGEST_STEP = 50;

  private final int perSecond;
  private long next = System.nanoTime();

  Pace(int perSecond) {
    this.perSecond = perSecond;
  }

  /** How many to do at a time, so that they are spread evenly. */
  int step() {
    return Math.max(1, Math.min(LARGEST_STEP, perSecond / STEPS_PER_SECOND));
  }

  /**
   * Waits until it is time for the next so many.
   *
   * @return false if the thread is interrupted, and stays so
   */
  boolean await(int count) {
    while (next - System.nanoTime() > 0) {
      if (Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(this, next - System.nanoTime());
    }
    next = Math.max(next, System.nanoTime()) + count * TimeUnit.SECONDS.toNanos(1) / perSecond;
    return !Thread.currentThread().isInterrupted();
  }
}
