package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes entries whose retry is due, and sweeps for deliveries that their consumers have let lapse.
 * Any worker of a group does both for all of them; one of them sweeps at a time.
 */
final class Upkeep implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long POLL_NANOS_PER_STREAM = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration RAREST_SWEEP = Duration.ofSeconds(5);
  private static final Duration LEAST_SWEEP = Duration.ofMillis(25);

  private final Shared shared;
  private final Intake intake;
  private final Dispatcher dispatcher;
  private final List<Schedule> schedules = new ArrayList<>();
  private final Duration sweepEvery;

  /** How often to look for retries that others put aside; our own wake us. */
  private final long pollNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopping;
  private volatile boolean anyStarved;

  Upkeep(Shared shared, Intake intake, Dispatcher dispatcher, List<GroupStream> streams) {
    this.shared = shared;
    this.intake = intake;
    this.dispatcher = dispatcher;
    Duration quarter = shared.settings().lease().dividedBy(4);
    this.sweepEvery =
        quarter.compareTo(RAREST_SWEEP) > 0
            ? RAREST_SWEEP
            : quarter.compareTo(LEAST_SWEEP) < 0 ? LEAST_SWEEP : quarter;
    this.pollNanos = Math.max(POLL_NANOS, streams.size() * POLL_NANOS_PER_STREAM);
    long now = System.nanoTime();
    streams.forEach(stream -> schedules.add(new Schedule(stream, now)));
  }

  /** An entry of this stream is to be woken after this delay. */
  void dueIn(GroupStream stream, Duration delay) {
    long at = System.nanoTime() + delay.toNanos();
    lock.lock();
    try {
      for (Schedule schedule : schedules) {
        if (schedule.stream == stream && at - schedule.promoteAt < 0) {
          schedule.promoteAt = at;
          wake.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A permit may have become free: what is due and found no room may find some now. */
  void roomMade() {
    if (anyStarved && intake.extraRoom() > shared.settings().concurrency() / 2) {
      anyStarved = false;
      for (Schedule schedule : schedules) {
        if (schedule.starved) {
          schedule.starved = false;
          dueIn(schedule.stream, Duration.ZERO);
        }
      }
    }
  }

  /** Ends the thread after what it does now. */
  void stop() {
    stopping = true;
    lock.lock();
    try {
      wake.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    while (pause()) {
      dispatcher.pump();
      for (Schedule schedule : schedules) {
        if (stopping) {
          return;
        }
        attend(schedule);
      }
    }
  }

  private boolean pause() {
    lock.lock();
    try {
      long left = untilNext();
      while (!stopping && left > 0) {
        wake.awaitNanos(left);
        left = untilNext();
      }
      return !stopping;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  private long untilNext() {
    long now = System.nanoTime();
    long least = POLL_NANOS;
    for (Schedule schedule : schedules) {
      least = Math.min(least, Math.min(schedule.promoteAt - now, schedule.sweepAt - now));
    }
    return least;
  }

  private void attend(Schedule schedule) {
    // Nothing to do before the reader has made sure that the group exists.
    boolean known = schedule.stream.position() != null;
    long now = System.nanoTime();
    if (schedule.promoteAt - now <= 0) {
      schedulePromotion(schedule, pollNanos);
      if (known) {
        attempt(
            schedule,
            () -> promoteDue(schedule),
            () -> schedulePromotion(schedule, Math.max(pollNanos, ERROR_NANOS)));
      }
    }
    if (schedule.sweepAt - now <= 0) {
      schedule.sweepAt = now + jittered(sweepEvery.toNanos());
      if (known) {
        attempt(
            schedule,
            () -> sweep(schedule),
            () -> schedule.sweepAt = System.nanoTime() + ERROR_NANOS);
      }
    }
  }

  // One that always fails must not keep the other from being done.
  private void attempt(Schedule schedule, Runnable task, Runnable postpone) {
    try {
      task.run();
    } catch (ClosedException e) {
      shared.standing().fatal(e);
    } catch (RuntimeException | Error e) {
      postpone.run();
      failed(schedule, e);
    }
  }

  private void promoteDue(Schedule schedule) {
    long next = promote(schedule);
    if (next >= 0 && next < pollNanos) {
      dueIn(schedule.stream, Duration.ofNanos(next));
    }
  }

  private void schedulePromotion(Schedule schedule, long inNanos) {
    lock.lock();
    try {
      schedule.promoteAt = System.nanoTime() + inNanos;
    } finally {
      lock.unlock();
    }
  }

  private void failed(Schedule schedule, Throwable error) {
    shared.standing().unaccounted(schedule.stream);
    if (error instanceof MessagingException known) {
      if (known.code() == ErrorCode.GROUP_MISSING) {
        shared.standing().groupMissing(schedule.stream);
      }
      LOG.debug("upkeep of {} failed, will be tried again", schedule.stream, error);
    } else {
      LOG.error("upkeep of {} failed in the worker itself", schedule.stream, error);
    }
  }

  /** Takes what is due; in how many nanoseconds more may be, or -1. */
  private long promote(Schedule schedule) {
    int room = intake.extraRoom();
    if (room == 0) {
      starve(schedule);
      return -1;
    }
    GroupStream stream = schedule.stream;
    GroupCommands.Promoted promoted =
        intake.exclusively(
            () -> {
              long sent = System.nanoTime();
              GroupCommands.Promoted some = shared.commands().promote(executor(), stream, room);
              intake.admit(stream, some.taken(), sent);
              return some;
            });
    shared.standing().proven();
    warn(stream, promoted.failure());
    boolean full = intake.extraRoom() == 0;
    if (full && promoted.nextDueMillis() == 0) {
      starve(schedule);
    }
    return full || !promoted.failure().isEmpty() || promoted.nextDueMillis() < 0
        ? -1
        : TimeUnit.MILLISECONDS.toNanos(promoted.nextDueMillis());
  }

  private void starve(Schedule schedule) {
    schedule.starved = true;
    anyStarved = true;
  }

  private void sweep(Schedule schedule) {
    GroupStream stream = schedule.stream;
    rememberPosition(stream);
    if (!schedule.moreToTake && !isOurTurn(stream)) {
      return;
    }
    schedule.moreToTake = false;
    String from = "-";
    while (!from.isEmpty() && !stopping) {
      String page = from;
      from = intake.exclusively(() -> sweepPage(schedule, page));
    }
    if (schedule.moreToTake) {
      schedule.sweepAt = System.nanoTime() + POLL_NANOS;
    }
  }

  private String sweepPage(Schedule schedule, String from) {
    GroupStream stream = schedule.stream;
    int room = intake.extraRoom();
    long sent = System.nanoTime();
    GroupCommands.Swept swept =
        shared
            .commands()
            .sweep(
                executor(),
                stream,
                shared.settings().lease(),
                shared.settings().mostDeliveries(),
                from,
                room);
    schedule.moreToTake |= room > 0 && swept.taken().entries().size() >= room;
    intake.admit(stream, swept.taken(), sent);
    stream.counters().deadLettered.add(swept.buried() - swept.taken().lost());
    stream
        .counters()
        .takenOver
        .add(
            swept.taken().entries().stream()
                .filter(entry -> !entry.from().equals(ConsumerName.RELEASED))
                .count());
    shared.standing().proven();
    warn(stream, swept.failure());
    return swept.next();
  }

  private boolean isOurTurn(GroupStream stream) {
    Command turn =
        Command.of("SET")
            .key(stream.sweep())
            .arg(shared.settings().consumer())
            .arg("NX")
            .arg("PX")
            .arg(Math.max(1, sweepEvery.toMillis() * 3 / 4));
    try {
      return executor().execute(turn) != null;
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.OUT_OF_MEMORY) {
        return true; // taking turns saves work only, and taking over needs no memory
      }
      throw e;
    }
  }

  private void rememberPosition(GroupStream stream) {
    Command groups = Command.of("XINFO").arg("GROUPS").key(stream.stream()).repeatable();
    for (Object group : Replies.list(executor().execute(groups))) {
      Map<String, @Nullable Object> info = Replies.map(group);
      if (stream.group().equals(Replies.textOrNull(info.get("name")))) {
        stream.advance(EntryId.parse(Replies.text(info.get("last-delivered-id"))));
      }
    }
  }

  private static void warn(GroupStream stream, String failure) {
    if (!failure.isEmpty()) {
      LOG.warn("{}: a dead letter could not be written, will be tried again: {}", stream, failure);
    }
  }

  private CommandExecutor executor() {
    return shared.redis().commands();
  }

  private long jittered(long nanos) {
    return nanos * 4 / 5 + shared.settings().random().nextLong(nanos * 2 / 5 + 1);
  }

  /** When a stream is to be attended to next. */
  private static final class Schedule {
    final GroupStream stream;
    volatile long promoteAt;
    volatile long sweepAt;
    volatile boolean starved;

    /** Whether the last sweep took as much as it might, so that there may be more. */
    boolean moreToTake;

    Schedule(GroupStream stream, long now) {
      this.stream = stream;
      this.promoteAt = now;
      this.sweepAt = now;
    }
  }
}
