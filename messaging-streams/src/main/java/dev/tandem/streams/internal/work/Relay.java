package dev.tandem.streams.internal.work;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives tasks to somebody else's executor on a thread of its own, for that executor may run them in
 * place, or block: so it is no thread that has something else to do. What the executor refuses is
 * given to it again. Safe for use by many threads.
 */
final class Relay implements Executor, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Executor executor;
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean stopped;

  /** A relay that keeps up to so many tasks, and drops what is more. */
  Relay(Executor executor, int most) {
    this.executor = executor;
    this.most = most;
  }

  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      if (tasks.size() < most) {
        tasks.add(task);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread; tasks that the executor does not have yet are dropped. */
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
    for (Runnable task = next(); task != null; task = next()) {
      if (!give(task)) {
        execute(task);
        pause();
      }
    }
  }

  private boolean give(Runnable task) {
    try {
      executor.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    } catch (RuntimeException | Error e) {
      LOG.warn("the executor failed to take a task, will be tried again", e);
      return false;
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      while (!stopped && tasks.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      return stopped ? null : tasks.remove();
    } finally {
      lock.unlock();
    }
  }

  private void pause() {
    long left = AGAIN_NANOS;
    lock.lock();
    try {
      while (!stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which only makes the next attempt come sooner");
    } finally {
      lock.unlock();
    }
  }
}
