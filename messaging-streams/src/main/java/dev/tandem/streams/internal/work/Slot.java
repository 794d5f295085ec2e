package dev.tandem.streams.internal.work;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread as long as it runs handlers, one after another. Who interrupts a handler holds its
 * thread up meanwhile, so that the interruption never reaches the next one.
 */
final class Slot {
  private static final Logger LOG = LoggerFactory.getLogger(Slot.class);
  private static final int IDLE = 0;
  private static final int BUSY = 1;
  private static final int HELD_UP = 2;
  private static final int STUCK = 3;

  private final Thread thread = Thread.currentThread();
  private final AtomicInteger phase = new AtomicInteger(IDLE);
  private volatile @Nullable Attempt attempt;
  private volatile long startedNanos;

  /** From here on this is a handler that runs. */
  void begin(Attempt next, long nowNanos) {
    startedNanos = nowNanos;
    attempt = next;
    phase.set(BUSY);
  }

  void run(Attempt next) {
    try {
      next.run(startedNanos);
    } catch (Throwable e) { // not a handler's: those are dealt with in the attempt
      LOG.error("handling failed in the worker itself", e);
    }
  }

  void end() {
    if (!phase.compareAndSet(BUSY, IDLE)) {
      while (phase.get() == HELD_UP) {
        Thread.onSpinWait();
      }
      phase.set(IDLE);
    }
    attempt = null;
    // Ours was for the handler, and its own must not reach the next one, or the thread that called
    // an executor which runs tasks in place.
    Thread.interrupted();
  }

  boolean isBusy() {
    return phase.get() != IDLE;
  }

  /** Whether a handler runs here whose time was up long ago. */
  boolean isStuck() {
    return phase.get() == STUCK;
  }

  /** Whether a handler runs here whose time is not up. */
  boolean isInTime() {
    int now = phase.get();
    return now == BUSY || now == HELD_UP;
  }

  /** When the handler that runs here in time began, or {@code otherwise}. */
  long startedNanos(long otherwise) {
    long started = startedNanos;
    return phase.get() == BUSY ? started : otherwise;
  }

  /** Interrupts the handler that runs, if any. */
  void interrupt() {
    if (phase.compareAndSet(BUSY, HELD_UP)) {
      thread.interrupt();
      phase.set(BUSY);
    } else if (phase.get() == STUCK) {
      thread.interrupt();
    }
  }

  /** Interrupts the handler if it began before this time; what was overrun, or null. */
  @Nullable Attempt overrun(long beganBeforeNanos) {
    if (startedNanos - beganBeforeNanos >= 0 || !phase.compareAndSet(BUSY, HELD_UP)) {
      return null;
    }
    Attempt running = attempt;
    boolean late = running != null && startedNanos - beganBeforeNanos < 0 && running.overrun();
    if (late) {
      thread.interrupt();
    }
    phase.set(late ? STUCK : BUSY);
    return late ? running : null;
  }
}
