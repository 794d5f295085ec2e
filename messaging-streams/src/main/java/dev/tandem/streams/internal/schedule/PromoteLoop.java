package dev.tandem.streams.internal.schedule;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Promotes a set of streams until it is told to stop; the body of one thread. */
public final class PromoteLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PromoteLoop.class);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long POLL_NANOS_PER_STREAM = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int AT_A_TIME = 50;

  private final Promoter promoter;
  private final Lifecycle lifecycle;
  private final List<Schedule> schedules = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final long pollNanos;

  /** A loop over these streams. */
  public PromoteLoop(Promoter promoter, Lifecycle lifecycle, List<StreamKeys> streams) {
    this.promoter = promoter;
    this.lifecycle = lifecycle;
    this.pollNanos = Math.max(POLL_NANOS, streams.size() * POLL_NANOS_PER_STREAM);
    long now = System.nanoTime();
    streams.forEach(keys -> schedules.add(new Schedule(keys, now)));
  }

  /** Ends the loop after what it does now. */
  public void stop() {
    stop.countDown();
  }

  @Override
  public void run() {
    try {
      while (!stop.await(untilNext(), TimeUnit.NANOSECONDS)) {
        promoteDue();
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which ends promoting");
    } catch (ClosedException e) {
      LOG.error("the connection was closed, which ends promoting");
      lifecycle.tryMoveTo(LifecycleState.FAILED);
    }
  }

  private long untilNext() {
    long now = System.nanoTime();
    long least = pollNanos;
    for (Schedule schedule : schedules) {
      least = Math.min(least, schedule.at - now);
    }
    return Math.max(0, least);
  }

  private void promoteDue() {
    long now = System.nanoTime();
    List<Schedule> due = schedules.stream().filter(schedule -> schedule.at - now <= 0).toList();
    for (int from = 0; from < due.size(); from += AT_A_TIME) {
      promote(due.subList(from, Math.min(due.size(), from + AT_A_TIME)));
    }
  }

  private void promote(List<Schedule> some) {
    try {
      List<Promotion> promotions = promoter.promote(some.stream().map(Schedule::keys).toList());
      for (int i = 0; i < some.size(); i++) {
        plan(some.get(i), promotions.get(i));
      }
    } catch (ClosedException e) {
      throw e;
    } catch (RuntimeException | Error e) { // one bad page must not end the promoting of the others
      LOG.error("promoting failed in the scheduler itself, will be tried again", e);
      some.forEach(schedule -> schedule.at = System.nanoTime() + ERROR_NANOS);
    }
  }

  private void plan(Schedule schedule, Promotion promotion) {
    long wait = pollNanos;
    if (promotion.error() instanceof ClosedException closed) {
      throw closed;
    } else if (promotion.error() != null) {
      wait = Math.max(pollNanos, ERROR_NANOS);
      LOG.warn("{} is tried again soon: {}", schedule.keys, promotion.error().getMessage());
      schedule.failing = true;
    } else {
      schedule.failing = false;
      if (promotion.nextDueMillis() >= 0) {
        wait = Math.min(wait, Duration.ofMillis(promotion.nextDueMillis()).toNanos());
      }
    }
    schedule.at = System.nanoTime() + wait;
    boolean failing = schedules.stream().anyMatch(one -> one.failing);
    lifecycle.tryMoveTo(failing ? LifecycleState.RECOVERING : LifecycleState.RUNNING);
  }

  /** When a stream is to be looked at next. */
  private static final class Schedule {
    final StreamKeys keys;
    long at;
    boolean failing;

    Schedule(StreamKeys keys, long at) {
      this.keys = keys;
      this.at = at;
    }

    StreamKeys keys() {
      return keys;
    }
  }
}
