package dev.tandem.streams.internal.work;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers finished deliveries into batches: as soon as {@value #ENOUGH} are there, or {@value
 * #LINGER_MILLIS} ms after the first. Safe for use by many threads, of which one takes.
 */
final class SettleQueue {
  private static final Logger LOG = LoggerFactory.getLogger(SettleQueue.class);
  static final long LINGER_MILLIS = 10;
  private static final int ENOUGH = 256;
  private static final int MOST = 1_024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Finished> ready = new ArrayDeque<>();
  private final PriorityQueue<Finished> deferred =
      new PriorityQueue<>(Comparator.comparingLong(delivery -> delivery.notBeforeNanos));
  private int unsettled;
  private boolean hurried;
  private boolean stopped;

  /** Takes a finished delivery. */
  void add(Finished delivery) {
    lock.lock();
    try {
      unsettled++;
      ready.add(delivery);
      if (ready.size() == 1 || ready.size() == ENOUGH) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes one back, to be settled at this time or later. */
  void defer(Finished delivery, long notBeforeNanos) {
    lock.lock();
    try {
      delivery.notBeforeNanos = notBeforeNanos;
      deferred.add(delivery);
    } finally {
      lock.unlock();
    }
  }

  /** So many are settled. */
  void settled(int count) {
    lock.lock();
    try {
      unsettled -= count;
      if (unsettled == 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stops gathering and waits until everything is settled; false if the time is up. */
  boolean drain(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      hurried = true;
      changed.signalAll();
      while (unsettled > 0 && !stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
      return unsettled == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Ends waiting, for good. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a batch, which may stay empty if interrupted; false once stopped. */
  boolean take(List<Finished> batch) {
    lock.lock();
    try {
      awaitReady();
      if (stopped) {
        return false;
      }
      linger();
      while (batch.size() < MOST && !ready.isEmpty()) {
        batch.add(ready.remove());
      }
      return !stopped;
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end settling");
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  private void awaitReady() throws InterruptedException {
    while (!stopped) {
      Finished next = deferred.peek();
      while (next != null && next.notBeforeNanos - System.nanoTime() <= 0) {
        ready.add(deferred.remove());
        next = deferred.peek();
      }
      if (!ready.isEmpty()) {
        return;
      }
      if (next == null) {
        changed.await();
      } else {
        changed.awaitNanos(next.notBeforeNanos - System.nanoTime());
      }
    }
  }

  private void linger() throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
    while (left > 0 && ready.size() < ENOUGH && !hurried && !stopped) {
      left = changed.awaitNanos(left);
    }
  }
}
