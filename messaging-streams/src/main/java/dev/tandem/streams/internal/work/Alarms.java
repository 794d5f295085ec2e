package dev.tandem.streams.internal.work;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs short tasks at their time, on one thread. Safe for use by many threads. */
final class Alarms implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Alarms.class);

  private record Alarm(long atNanos, Runnable task) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Alarm> alarms =
      new PriorityQueue<>(
          Comparator.comparing(Alarm::atNanos, (one, other) -> Long.signum(one - other)));
  private boolean stopped;

  /** Runs the task in so many nanoseconds, unless stopped by then. */
  void in(long nanos, Runnable task) {
    lock.lock();
    try {
      Alarm first = alarms.peek();
      Alarm alarm = new Alarm(System.nanoTime() + nanos, task);
      alarms.add(alarm);
      if (first == null || alarm.atNanos() - first.atNanos() < 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    Alarm due = next();
    while (due != null) {
      try {
        due.task().run();
      } catch (RuntimeException | Error e) {
        LOG.error("an alarm failed in the worker itself", e);
      }
      due = next();
    }
  }

  private @Nullable Alarm next() {
    lock.lock();
    try {
      while (!stopped) {
        Alarm first = alarms.peek();
        if (first != null && first.atNanos() - System.nanoTime() <= 0) {
          return alarms.remove();
        }
        try {
          if (first == null) {
            changed.await();
          } else {
            changed.awaitNanos(first.atNanos() - System.nanoTime());
          }
        } catch (InterruptedException e) {
          LOG.debug("interrupted, which does not end alarms");
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }
}
