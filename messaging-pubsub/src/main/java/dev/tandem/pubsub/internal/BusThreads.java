package dev.tandem.pubsub.internal;

import dev.tandem.api.internal.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one bus. Their queues are unbounded, but what is put in is not: each channel,
 * subscription and check has at most one task waiting.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class BusThreads {
  private static final Logger LOG = LoggerFactory.getLogger(BusThreads.class);
  private static final int READERS = 2;
  private static final int MOST_DELIVERERS = 4;

  /** One listener that blocks its thread must not stop all others, not even on one processor. */
  private static final int LEAST_DELIVERERS = 2;

  private static final Duration AFTER_REJECTION = Duration.ofMillis(100);

  private final String prefix;
  private final ScheduledThreadPoolExecutor timer;
  private final ExecutorService control;
  private final ExecutorService readers;
  private final @Nullable DeliveryPool pool;
  private final @Nullable Executor given;
  private final QuickTasks quick = new QuickTasks();

  /**
   * Threads that start when there is something to do.
   *
   * @param instanceId part of their names
   * @param given runs listeners; null for a pool of our own
   */
  public BusThreads(String instanceId, @Nullable Executor given, BusMetrics metrics) {
    this.prefix = "tandem-pubsub-" + instanceId + "-";
    this.timer = new ScheduledThreadPoolExecutor(1, factory("timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.control = Executors.newSingleThreadExecutor(factory("control"));
    this.readers = Executors.newFixedThreadPool(READERS, factory("read"));
    this.given = given;
    this.pool = given == null ? new DeliveryPool(parallelism(), factory("deliver"), metrics) : null;
    if (pool != null) {
      every(DeliveryPool.CHECK_EVERY, pool::check);
    }
  }

  private static int parallelism() {
    int processors = Runtime.getRuntime().availableProcessors();
    return Math.max(LEAST_DELIVERERS, Math.min(MOST_DELIVERERS, processors));
  }

  /** Makes daemon threads named after the bus. */
  public ThreadFactory factory(String role) {
    return DaemonThreads.numbered(prefix + role);
  }

  /** Runs a task that reads from Redis. */
  public void read(Runnable task) {
    run(readers, task);
  }

  /** Runs a task that changes subscriptions; one at a time and in order. */
  public void control(Runnable task) {
    run(control, task);
  }

  /** Runs a task that calls listeners; later if the executor does not take it now. */
  public void deliver(Runnable task) {
    try {
      if (pool != null) {
        pool.execute(task);
      } else if (given != null) {
        given.execute(guarded(task));
      }
    } catch (Throwable e) { // whatever it was: a task that is forgotten silences a subscription
      if (!(e instanceof RejectedExecutionException)) {
        LOG.warn("the executor of listeners failed, trying again: {}", e.toString());
      }
      later(AFTER_REJECTION, () -> deliver(task));
    }
  }

  /**
   * Like {@link #deliver}, for a task that will most likely return at once: {@link #gather} may
   * keep it back.
   */
  public void deliverQuick(Runnable task) {
    if (!quick.keep(task)) {
      deliver(task);
    }
  }

  /**
   * Runs something on this thread that may {@link #deliverQuick}; called by one thread at a time.
   *
   * @return one of these tasks, for the caller to run, or null
   */
  public @Nullable Runnable gather(Runnable giver) {
    if (pool == null) {
      giver.run(); // the user's executor runs all
      return null;
    }
    return quick.gather(giver, this::deliver);
  }

  /**
   * Runs something on this thread that may {@link #deliver} many tasks, which is then quicker. It
   * must return at once.
   */
  public void together(Runnable giver) {
    if (pool != null) {
      pool.together(giver);
    } else {
      giver.run();
    }
  }

  /** Whether listeners block all threads there may be, and others wait. */
  public boolean isSaturated() {
    return pool != null && pool.isSaturated();
  }

  /** Runs a task on the timer's thread after a while; it must return at once. */
  public void later(Duration delay, Runnable task) {
    try {
      var unused = timer.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      LOG.trace("the bus is closed");
    }
  }

  /** Runs a task on the timer's thread again and again; it must return at once. */
  public void every(Duration interval, Runnable task) {
    var unused =
        timer.scheduleWithFixedDelay(
            guarded(task), interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Runs a task that reads from Redis again and again; not while the last time has not ended. */
  public void readEvery(Duration interval, Runnable task) {
    AtomicBoolean running = new AtomicBoolean();
    every(
        interval,
        () -> {
          if (running.compareAndSet(false, true)) {
            read(
                () -> {
                  try {
                    task.run();
                  } finally {
                    running.set(false);
                  }
                });
          }
        });
  }

  /** Ends all but the user's executor; tasks that wait are dropped. */
  public void close() {
    timer.shutdownNow();
    control.shutdownNow();
    readers.shutdownNow();
    if (pool != null) {
      pool.close();
    }
  }

  private static void run(Executor executor, Runnable task) {
    try {
      executor.execute(guarded(task));
    } catch (RejectedExecutionException closed) {
      LOG.trace("the bus is closed");
    }
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable e) { // an error must not end what is to run again
        LOG.error("a task of the live bus failed", e);
      }
    };
  }
}
