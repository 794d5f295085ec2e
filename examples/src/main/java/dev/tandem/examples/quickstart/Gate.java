package dev.tandem.examples.quickstart;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where worker A's handlers wait while worker B is given enough work to die with. It opens by
 * itself after a time, so that nothing hangs on it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Gate {
  private final Duration longest;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition opened = lock.newCondition();
  private boolean closed;

  Gate(Duration longest) {
    this.longest = longest;
  }

  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  void open() {
    lock.lock();
    try {
      closed = false;
      opened.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits while the gate is closed, but no longer than its time. */
  void pass() throws InterruptedException {
    long left = longest.toNanos();
    lock.lockInterruptibly();
    try {
      while (closed && left > 0) {
        left = opened.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
