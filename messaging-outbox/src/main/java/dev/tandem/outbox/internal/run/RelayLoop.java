package dev.tandem.outbox.internal.run;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A relay's work until it is told to stop; the body of one thread. */
public final class RelayLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RelayLoop.class);
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MOST_DOUBLINGS = 5;

  private final RelayWork work;
  private final RelayMetrics metrics;
  private final Lifecycle lifecycle;
  private final Clock clock;
  private final RandomGenerator random;
  private final long pollNanos;
  private final long renewNanos;
  private final Semaphore awake = new Semaphore(0);
  private volatile long drainUntil;
  private volatile boolean draining;
  private volatile boolean stopped;
  private volatile @Nullable Instant lastProof;
  private volatile String trouble = "";
  private volatile int open;
  private long renewAt = System.nanoTime();
  private int failures;

  /**
   * A loop.
   *
   * @param poll how often to look for messages
   * @param renew how often to renew leases
   */
  RelayLoop(
      RelayWork work,
      RelayMetrics metrics,
      Lifecycle lifecycle,
      Clock clock,
      RandomGenerator random,
      Duration poll,
      Duration renew) {
    this.work = work;
    this.metrics = metrics;
    this.lifecycle = lifecycle;
    this.clock = clock;
    this.random = random;
    this.pollNanos = poll.toNanos();
    this.renewNanos = renew.toNanos();
  }

  /** Looks at once. */
  public void wake() {
    awake.release();
  }

  /** Numbers nothing more, and ends when nothing is open, or the time is up. */
  public void drain(Duration longest) {
    drainUntil = System.nanoTime() + longest.toNanos();
    draining = true;
    wake();
  }

  /** Ends after what it does now. */
  public void stop() {
    stopped = true;
    wake();
  }

  /** When both Redis and the database last did what they were asked, or null. */
  public @Nullable Instant lastProof() {
    return lastProof;
  }

  /** What is wrong, with a separator in front; empty if nothing is. */
  public String trouble() {
    String now = trouble;
    return now.isEmpty() ? "" : "; " + now;
  }

  /** How many messages are numbered and not settled. */
  public int open() {
    return open;
  }

  @Override
  public void run() {
    try {
      while (!isOver()) {
        long pause = step();
        if (pause > 0 && awake.tryAcquire(pause, TimeUnit.NANOSECONDS)) {
          awake.drainPermits();
        }
      }
      work.leave();
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which ends the relay");
    } catch (MessagingException e) {
      LOG.warn("the outbox's leases were not given back, and run out: {}", e.getMessage());
    } finally {
      metrics.leave();
    }
  }

  private boolean isOver() {
    return stopped || (draining && (work.isEmpty() || drainUntil - System.nanoTime() <= 0));
  }

  /** How long to wait before the next one. */
  private long step() {
    try {
      if (renewAt - System.nanoTime() <= 0) {
        work.renew();
        renewAt = System.nanoTime() + renewNanos;
      }
      if (!draining) {
        work.number();
      }
      open = work.open();
      work.send();
      work.settle();
      open = work.open();
      failures = 0;
      tell(work.trouble());
      long longest = Math.min(pollNanos, Math.max(0, renewAt - System.nanoTime()));
      return work.untilNext(longest);
    } catch (MessagingException e) {
      tell(e);
    } catch (RuntimeException | Error e) { // one bad row must not end the relay
      LOG.error("an outbox relay failed, and goes on", e);
      tell(new MessagingException(ErrorCode.SERVER_ERROR, true, "relay failed: " + e, e));
    }
    work.doubt();
    failures++;
    long whole = FIRST_PAUSE << Math.min(failures - 1, MOST_DOUBLINGS);
    return whole / 2 + random.nextLong(whole / 2 + 1);
  }

  private void tell(@Nullable MessagingException why) {
    if (why == null) {
      trouble = "";
      lastProof = clock.instant();
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
      return;
    }
    if (trouble.isEmpty()) {
      LOG.warn("outbox relay: messages wait: {}", why.getMessage());
    }
    trouble = "messages wait: " + why.getMessage();
    if (why.code() == ErrorCode.CLOSED) {
      LOG.error("the connection to Redis was closed, which ends the outbox relay");
      lifecycle.tryMoveTo(LifecycleState.FAILED);
      stopped = true;
    } else {
      lifecycle.tryMoveTo(LifecycleState.RECOVERING);
    }
  }
}
