package dev.tandem.streams.internal.consume;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * How many more deliveries may be taken: what is held counts, and what polls have asked for. Safe
 * for use by many threads.
 */
final class Permits {
  // A hold may end between looking and waiting, and nobody tells of the second time.
  private static final long RECHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final int most;
  private final IntSupplier held;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean awaited;
  private int reserved;

  Permits(int most, IntSupplier held) {
    this.most = most;
    this.held = held;
  }

  /** Sets up to so many aside for one poll; how many there were. */
  int reserve(int wanted) {
    lock.lock();
    try {
      int granted = Math.max(0, Math.min(wanted, most - held.getAsInt() - reserved));
      reserved += granted;
      return granted;
    } finally {
      lock.unlock();
    }
  }

  /** The poll is over: what it took is held by now. */
  void giveBack(int granted) {
    lock.lock();
    try {
      reserved -= granted;
    } finally {
      lock.unlock();
    }
    changed();
  }

  /** There may be room. */
  void changed() {
    if (awaited) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits until there is room; false if there is none by then. */
  boolean await(long deadlineNanos) throws InterruptedException {
    lock.lockInterruptibly();
    awaited = true;
    try {
      long left = deadlineNanos - System.nanoTime();
      while (most - held.getAsInt() - reserved <= 0 && left > 0) {
        changed.awaitNanos(Math.min(left, RECHECK_NANOS));
        left = deadlineNanos - System.nanoTime();
      }
      return most - held.getAsInt() - reserved > 0;
    } finally {
      awaited = lock.hasWaiters(changed);
      lock.unlock();
    }
  }
}
