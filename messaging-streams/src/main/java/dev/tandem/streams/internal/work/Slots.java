package dev.tandem.streams.internal.work;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts on an executor, a limited number at a time, in the turns of {@link FairQueue}. How
 * many may wait is decided by who submits. Safe for use by many threads.
 *
 * <p>Tasks are asked of the executor as attempts come; each task runs attempts until none waits. No
 * lock is taken for an attempt. What an executor does with a task is its own affair: it may run it
 * in place, refuse it (asked again later), or drop it (asked again after a while, ever more
 * seldom); however many run in the end, no more than the limit take attempts.
 */
final class Slots {
  private static final Logger LOG = LoggerFactory.getLogger(Slots.class);
  private static final long FIRST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final int concurrency;
  private final Executor executor;

  private final FairQueue ready;

  /** Tasks given to the executor that have not begun. */
  private final AtomicInteger asked = new AtomicInteger();

  private final AtomicInteger running = new AtomicInteger();
  private final Set<Slot> slots = ConcurrentHashMap.newKeySet();

  private volatile long lastAskedNanos;
  private volatile long patienceNanos = FIRST_PATIENCE_NANOS;
  private volatile boolean paused;
  private volatile boolean stopped;
  private volatile boolean abandoned;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  /** Slots of which one tenant takes up so many at most. */
  Slots(int concurrency, int mostOfOne, Executor executor) {
    this.concurrency = concurrency;
    this.ready = new FairQueue(mostOfOne);
    this.executor = executor;
  }

  /** Takes an attempt; after {@link #stop} it is not run. */
  void submit(Attempt attempt) {
    append(attempt);
    pump();
  }

  /** Takes an attempt from one that is just ending, whose slot will run it. */
  void append(Attempt attempt) {
    ready.add(attempt);
  }

  /** Starts what may start; to be called again some time after the executor refused. */
  void pump() {
    while (!paused && !stopped && mayAsk()) {
      lastAskedNanos = System.nanoTime();
      asked.incrementAndGet();
      try {
        executor.execute(this::work);
      } catch (RuntimeException | Error refused) {
        answered();
        if (!(refused instanceof RejectedExecutionException)) {
          LOG.warn("the executor failed to take a task, will be tried again", refused);
        }
        return;
      }
    }
  }

  private boolean mayAsk() {
    int unanswered = asked.get();
    return unanswered < ready.startable() && unanswered + running.get() < concurrency;
  }

  /** Like {@link #pump}, and asks again for what the executor seems to have dropped. */
  void nudge() {
    if (asked.get() > 0
        && ready.startable() > 0
        && System.nanoTime() - lastAskedNanos > patienceNanos) {
      patienceNanos = Math.min(MOST_PATIENCE_NANOS, 2 * patienceNanos);
      answered();
    }
    pump();
  }

  private void answered() {
    asked.updateAndGet(count -> Math.max(0, count - 1));
  }

  private void work() {
    // In this order: who looks in between may ask for one too many, never for one too few.
    answered();
    if (!claim()) {
      return;
    }
    if (patienceNanos != FIRST_PATIENCE_NANOS) {
      patienceNanos = FIRST_PATIENCE_NANOS;
    }
    Slot slot = new Slot();
    slots.add(slot);
    try {
      Attempt attempt = next(slot);
      while (attempt != null) {
        slot.run(attempt);
        end(slot);
        ready.ended(attempt);
        attempt = next(slot);
      }
    } finally {
      slots.remove(slot);
      running.decrementAndGet();
    }
    pump();
  }

  private boolean claim() {
    int now = running.get();
    while (now < concurrency) {
      if (running.compareAndSet(now, now + 1)) {
        return true;
      }
      now = running.get();
    }
    return false;
  }

  private @Nullable Attempt next(Slot slot) {
    Attempt attempt = paused || stopped ? null : ready.poll();
    if (attempt == null) {
      return null;
    }
    slot.begin(attempt, System.nanoTime());
    // Only now: who stops or pauses sees this handler running, or keeps it from starting.
    if (paused || stopped) {
      ready.ended(attempt);
      append(attempt);
      end(slot);
      return null;
    }
    return attempt;
  }

  private void end(Slot slot) {
    slot.end();
    if (stopped) {
      signal();
    }
  }

  private void signal() {
    lock.lock();
    try {
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Starts nothing more until {@link #resume}. */
  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    pump();
  }

  boolean isPaused() {
    return paused;
  }

  /** Starts nothing more. */
  void stop() {
    stopped = true;
  }

  /** Waits until no handler runs; false if the time is up, or they are abandoned. */
  boolean awaitIdle(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (isBusy() && !abandoned && left > 0) {
        left = ended.awaitNanos(left);
      }
      return !isBusy();
    } finally {
      lock.unlock();
    }
  }

  private boolean isBusy() {
    return slots.stream().anyMatch(Slot::isBusy);
  }

  /** Interrupts the handlers that run; their outcome does not count any more. */
  void abandon() {
    stopped = true;
    abandoned = true;
    slots.forEach(Slot::interrupt);
    signal();
  }

  boolean isAbandoned() {
    return abandoned;
  }

  /** Whether attempts wait that may start, while no handler runs whose time is not up. */
  boolean areWaitedFor() {
    return ready.startable() > 0 && !paused && !stopped && slots.stream().noneMatch(Slot::isInTime);
  }

  /** How many handlers run whose time is up. */
  int stuck() {
    return (int) slots.stream().filter(Slot::isStuck).count();
  }

  /**
   * Interrupts and fails handlers that have run for longer than this.
   *
   * @return in how many nanoseconds to look again: no handler can overrun earlier
   */
  long failOverdue(Duration timeout) {
    long now = System.nanoTime();
    long limit = timeout.toNanos();
    long oldest = now;
    for (Slot slot : slots) {
      Attempt overrun = slot.overrun(now - limit);
      if (overrun != null) {
        overrun.fail(new TimeoutException("the handler ran longer than " + timeout));
      }
      long started = slot.startedNanos(now);
      oldest = started - oldest < 0 ? started : oldest;
    }
    pump(); // what followed on those
    return Math.max(TimeUnit.MILLISECONDS.toNanos(1), limit - (now - oldest));
  }
}
