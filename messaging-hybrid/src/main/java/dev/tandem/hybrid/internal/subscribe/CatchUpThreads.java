package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.internal.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs those who read streams, a page at a time, so that many take turns on few threads. The queue
 * is unbounded, but each subscription has at most one task in it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class CatchUpThreads {
  private static final Logger LOG = LoggerFactory.getLogger(CatchUpThreads.class);
  private static final Duration AFTER_REJECTION = Duration.ofMillis(100);
  private static final long IDLE_SECONDS = 10;
  private static final RetryPolicy BACKOFF =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(5));

  private final @Nullable ThreadPoolExecutor own;
  private final Executor executor;
  private final ScheduledThreadPoolExecutor timer;
  private final RandomGenerator random;
  private final SharedPages pages =
      new SharedPages(
          System::nanoTime, task -> later(SharedPages.LIFE.plus(AFTER_REJECTION), task));

  /**
   * Threads that start when there is something to do.
   *
   * @param given runs the tasks, and is not closed; null for a pool of our own
   * @param most how many threads that has
   */
  public CatchUpThreads(@Nullable Executor given, int most, RandomGenerator random) {
    this.random = random;
    if (given == null) {
      own =
          new ThreadPoolExecutor(
              most,
              most,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              DaemonThreads.numbered("tandem-hybrid-catch-up"));
      own.allowCoreThreadTimeOut(true);
      executor = own;
    } else {
      own = null;
      executor = given;
    }
    timer = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("tandem-hybrid-timer"));
    timer.setRemoveOnCancelPolicy(true);
  }

  /** What those who read here share. */
  SharedPages pages() {
    return pages;
  }

  /** Something that is done in steps, each of which may block for a few round trips. */
  interface Steps {
    /**
     * Does the next step; one that failed is done again.
     *
     * @return whether there is another one
     */
    boolean step();

    /** Whether there is no need to go on. */
    boolean isOver();

    /**
     * A step failed with this, and will be tried again; or null: one that has others behind it did
     * not.
     */
    void trouble(@Nullable Throwable error);

    /** It cannot go on, ever. */
    void end(ClosedException why);
  }

  /** Does all steps, one task for each; while one fails, again and again, with growing pauses. */
  void run(Steps steps) {
    run(steps, 0);
  }

  private void run(Steps steps, int failures) {
    try {
      executor.execute(() -> step(steps, failures));
    } catch (RejectedExecutionException e) {
      later(AFTER_REJECTION, () -> run(steps, failures));
    }
  }

  private void step(Steps steps, int failures) {
    if (steps.isOver()) {
      return;
    }
    try {
      if (steps.step()) {
        steps.trouble(null);
        run(steps, 0);
      }
    } catch (ClosedException e) {
      steps.end(e);
    } catch (Throwable e) { // whatever it was: a subscription must not fall silent
      steps.trouble(e);
      int all = failures + 1;
      if (all == 1) {
        LOG.warn("{} cannot go on, trying again until it works: {}", steps, e.toString());
      }
      later(BACKOFF.delayAfter(all, random), () -> run(steps, all));
    }
  }

  /**
   * Does something again and again, with this pause between, on the thread that ends pauses: so it
   * goes on when listeners block all others. It may block for a round trip.
   */
  public void every(Duration pause, Runnable task) {
    var unused =
        timer.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                LOG.warn("what is done every {} failed: {}", pause, e.toString());
              }
            },
            pause.toNanos(),
            pause.toNanos(),
            TimeUnit.NANOSECONDS);
  }

  private void later(Duration delay, Runnable task) {
    try {
      var unused = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      LOG.trace("closed");
    }
  }

  /** Ends all but the user's executor; what waits is dropped. */
  public void close() {
    timer.shutdownNow();
    if (own != null) {
      own.shutdown(); // no interrupt: a listener that runs goes on
    }
  }
}
