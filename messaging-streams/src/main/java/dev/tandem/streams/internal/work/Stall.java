package dev.tandem.streams.internal.work;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Finds out whether handlers have come to a stop, so that nothing that waits for one will get it
 * soon: all places are taken by handlers whose time was up long ago, or the executor has begun none
 * for {@value #PATIENCE_SECONDS} seconds. One thread looks, any may ask.
 */
final class Stall {
  private static final long PATIENCE_SECONDS = 5;

  private final Slots slots;
  private final int concurrency;
  private final LongSupplier finished;
  private long finishedBefore;
  private long sinceNanos;
  private volatile boolean stalled;

  /**
   * No stall so far.
   *
   * @param finished how many handlers have finished so far
   */
  Stall(Slots slots, int concurrency, LongSupplier finished, long nowNanos) {
    this.slots = slots;
    this.concurrency = concurrency;
    this.finished = finished;
    this.sinceNanos = nowNanos;
  }

  /** Looks; to be called a few times a second. */
  void look(long nowNanos) {
    long count = finished.getAsLong();
    if (count != finishedBefore || !slots.areWaitedFor()) {
      finishedBefore = count;
      sinceNanos = nowNanos;
    }
    stalled =
        slots.stuck() >= concurrency
            || nowNanos - sinceNanos > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
  }

  /** Whether handlers stood still when last looked at. */
  boolean isStalled() {
    return stalled;
  }
}
