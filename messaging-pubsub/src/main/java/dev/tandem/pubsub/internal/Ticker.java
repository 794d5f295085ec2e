package dev.tandem.pubsub.internal;

import dev.tandem.api.internal.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One daemon thread that does something again and again, and may block in it. An error is logged
 * and does not end it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);

  private final String name;
  private final ScheduledThreadPoolExecutor executor;

  /** A ticker whose thread bears this name. */
  public Ticker(String name) {
    this.name = name;
    this.executor = new ScheduledThreadPoolExecutor(1, DaemonThreads.named(name));
    executor.setRemoveOnCancelPolicy(true);
  }

  /** Runs a task now, and again each time this long after it returned. */
  public void every(Duration interval, Runnable task) {
    var unused =
        executor.scheduleWithFixedDelay(
            () -> guarded(task), 0, interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Runs a task once after a while; not at all if closed before.
   *
   * @return forgets the task, unless it has begun
   */
  public Runnable later(Duration delay, Runnable task) {
    try {
      Future<?> waiting =
          executor.schedule(() -> guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> waiting.cancel(false);
    } catch (RejectedExecutionException closed) {
      LOG.trace("{} is closed", name);
      return () -> {};
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) { // an error must not end what is to run again
      if (executor.isShutdown()) {
        LOG.debug("{} was interrupted by closing: {}", name, e.toString());
      } else {
        LOG.error("{} failed", name, e);
      }
    }
  }

  /** Interrupts what runs; nothing begins any more. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
