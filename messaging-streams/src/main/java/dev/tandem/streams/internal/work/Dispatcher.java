package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands deliveries to handlers, a limited number at a time, in the order in which they came. How
 * many may wait is decided by who submits. Safe for use by many threads.
 */
final class Dispatcher {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  private final int concurrency;
  private final Executor executor;
  private final Consumer<Lease> handling;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Lease> waiting = new ArrayDeque<>();
  private final Set<Thread> handlers = new HashSet<>();
  private int tasks;
  private boolean stopped;
  private boolean abandoned;

  Dispatcher(int concurrency, Executor executor, Consumer<Lease> handling) {
    this.concurrency = concurrency;
    this.executor = executor;
    this.handling = handling;
  }

  /** Takes deliveries in this order; after {@link #stop} they are not run. */
  void submit(List<Lease> leases) {
    lock.lock();
    try {
      if (stopped) {
        return;
      }
      waiting.addAll(leases);
    } finally {
      lock.unlock();
    }
    pump();
  }

  /** Starts what may start; to be called again some time after the executor refused. */
  void pump() {
    while (claimTask()) {
      try {
        executor.execute(this::work);
      } catch (RuntimeException | Error refused) {
        taskEnded();
        if (!(refused instanceof RejectedExecutionException)) {
          LOG.warn("the executor failed to take a task, will be tried again", refused);
        }
        return;
      }
    }
  }

  private boolean claimTask() {
    lock.lock();
    try {
      if (stopped || tasks >= concurrency || waiting.size() <= tasks - handlers.size()) {
        return false;
      }
      tasks++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void taskEnded() {
    lock.lock();
    try {
      tasks--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    try {
      Lease lease = next(false);
      while (lease != null) {
        run(lease);
        lease = next(true);
      }
    } finally {
      taskEnded();
    }
    pump();
  }

  private void run(Lease lease) {
    try {
      handling.accept(lease);
    } catch (RuntimeException | Error e) {
      LOG.error("handling {} failed in the worker itself", lease, e);
    }
  }

  /** Ends this thread's delivery if it has one, and begins the next if there is one. */
  private @Nullable Lease next(boolean hasOne) {
    lock.lock();
    try {
      if (hasOne) {
        // Ours was for the handler, and its own must not reach the next one, or the thread that
        // called an executor which runs tasks in place.
        Thread.interrupted();
      }
      Lease lease = stopped ? null : waiting.poll();
      if (lease != null && !hasOne) {
        handlers.add(Thread.currentThread());
      } else if (lease == null && hasOne) {
        handlers.remove(Thread.currentThread());
        changed.signalAll();
      }
      return lease;
    } finally {
      lock.unlock();
    }
  }

  /** Runs nothing more, and gives back what waits. */
  List<Lease> stop() {
    lock.lock();
    try {
      stopped = true;
      List<Lease> unstarted = new ArrayList<>(waiting);
      waiting.clear();
      changed.signalAll();
      return unstarted;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no handler runs; false if the time is up, or they are abandoned. */
  boolean awaitIdle(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (!handlers.isEmpty() && !abandoned && left > 0) {
        left = changed.awaitNanos(left);
      }
      return handlers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts the handlers that run; their outcome does not count any more. */
  void abandon() {
    lock.lock();
    try {
      stopped = true;
      abandoned = true;
      handlers.forEach(Thread::interrupt);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isAbandoned() {
    lock.lock();
    try {
      return abandoned;
    } finally {
      lock.unlock();
    }
  }
}
