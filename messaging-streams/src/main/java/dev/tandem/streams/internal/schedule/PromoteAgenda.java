package dev.tandem.streams.internal.schedule;

import dev.tandem.api.error.ClosedException;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which of some streams is to be promoted: every 100 ms, with many streams every millisecond
 * for each, and as soon as the next message is due that is known of. For one thread.
 */
public final class PromoteAgenda {
  private static final Logger LOG = LoggerFactory.getLogger(PromoteAgenda.class);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long POLL_NANOS_PER_STREAM = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int AT_A_TIME = 50;

  private final Promoter promoter;
  private final List<Schedule> schedules = new ArrayList<>();
  private long pollNanos;
  private boolean proven;
  private String lastError = "";

  /** An agenda of these streams, which are all due. */
  public PromoteAgenda(Promoter promoter, List<StreamKeys> streams) {
    this.promoter = promoter;
    sized();
    streams.forEach(this::add);
  }

  /** Promotes this stream too, which is due. */
  public void add(StreamKeys keys) {
    schedules.add(new Schedule(keys, System.nanoTime()));
    sized();
  }

  /** Promotes this stream no more. */
  public void remove(StreamKeys keys) {
    schedules.removeIf(schedule -> schedule.keys == keys);
    sized();
  }

  private void sized() {
    pollNanos = Math.max(POLL_NANOS, schedules.size() * POLL_NANOS_PER_STREAM);
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    long now = System.nanoTime();
    long least = pollNanos;
    for (Schedule schedule : schedules) {
      least = Math.min(least, schedule.at - now);
    }
    return Math.max(0, least);
  }

  /**
   * Promotes the streams that are due.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void promoteDue() {
    long now = System.nanoTime();
    List<Schedule> due = schedules.stream().filter(schedule -> isDue(schedule, now)).toList();
    proven = false;
    for (int from = 0; from < due.size(); from += AT_A_TIME) {
      promote(due.subList(from, Math.min(due.size(), from + AT_A_TIME)));
    }
  }

  /** Mere looks are taken a little early: many streams go together, and the thread wakes once. */
  private boolean isDue(Schedule schedule, long now) {
    return schedule.at - now <= (schedule.isKnown ? 0 : pollNanos / 8);
  }

  /** Which streams could not be promoted the last time, in words; empty if all could. */
  public String trouble() {
    List<Schedule> failing = schedules.stream().filter(schedule -> schedule.failing).toList();
    if (failing.isEmpty()) {
      return "";
    }
    String more = failing.size() == 1 ? "" : " and " + (failing.size() - 1) + " more streams";
    return failing.get(0).keys + more + " are not served: " + lastError;
  }

  /** Whether some stream was served the last time that one was due. */
  public boolean isProven() {
    return proven;
  }

  private void promote(List<Schedule> some) {
    try {
      List<Promotion> promotions =
          promoter.promoteWaiting(some.stream().map(schedule -> schedule.keys).toList());
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
    schedule.isKnown = false;
    if (promotion.error() instanceof ClosedException closed) {
      throw closed;
    } else if (promotion.error() != null) {
      wait = Math.max(pollNanos, ERROR_NANOS);
      if (!schedule.failing) {
        String why = promotion.error().getMessage();
        LOG.warn("{}: scheduled messages are not appended, tried again: {}", schedule.keys, why);
      }
      schedule.failing = true;
      lastError = String.valueOf(promotion.error().getMessage());
    } else {
      schedule.failing = false;
      proven = true;
      if (promotion.nextDueMillis() >= 0) {
        wait = Math.min(wait, Duration.ofMillis(promotion.nextDueMillis()).toNanos());
        schedule.isKnown = true;
      }
    }
    schedule.at = System.nanoTime() + wait;
  }

  /** When a stream is to be looked at next. */
  private static final class Schedule {
    final StreamKeys keys;
    long at;

    /** Whether a message is due then; otherwise it is to be seen whether one is. */
    boolean isKnown;

    boolean failing;

    Schedule(StreamKeys keys, long at) {
      this.keys = keys;
      this.at = at;
    }
  }
}
