package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
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
  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Duration RAREST_SWEEP = Duration.ofSeconds(5);
  private static final Duration LEAST_SWEEP = Duration.ofMillis(25);

  private final Shared shared;
  private final Intake intake;
  private final Dispatcher dispatcher;
  private final List<Schedule> schedules = new ArrayList<>();
  private final Duration sweepEvery;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopping;

  Upkeep(Shared shared, Intake intake, Dispatcher dispatcher, List<GroupStream> streams) {
    this.shared = shared;
    this.intake = intake;
    this.dispatcher = dispatcher;
    Duration quarter = shared.settings().lease().dividedBy(4);
    this.sweepEvery =
        quarter.compareTo(RAREST_SWEEP) > 0
            ? RAREST_SWEEP
            : quarter.compareTo(LEAST_SWEEP) < 0 ? LEAST_SWEEP : quarter;
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
    GroupStream stream = schedule.stream;
    try {
      // Nothing to do before the reader has made sure that the group exists.
      boolean known = stream.position() != null;
      long now = System.nanoTime();
      if (schedule.promoteAt - now <= 0) {
        schedulePromotion(schedule, POLL_NANOS);
        long next = known ? promote(stream) : -1;
        if (next >= 0 && next < POLL_NANOS) {
          dueIn(stream, Duration.ofNanos(next));
        }
      }
      if (schedule.sweepAt - now <= 0) {
        schedule.sweepAt = now + jittered(sweepEvery.toNanos());
        if (known) {
          sweep(stream);
        }
      }
    } catch (ClosedException e) {
      shared.standing().fatal(e);
    } catch (RuntimeException | Error e) {
      failed(schedule, e);
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
    schedulePromotion(schedule, ERROR_NANOS);
    schedule.sweepAt = System.nanoTime() + ERROR_NANOS;
  }

  /** Takes what is due; in how many nanoseconds more may be, or -1. */
  private long promote(GroupStream stream) {
    int room = intake.extraRoom();
    if (room == 0) {
      return -1;
    }
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
    boolean blocked = !promoted.failure().isEmpty() || intake.extraRoom() == 0;
    return blocked || promoted.nextDueMillis() < 0
        ? -1
        : TimeUnit.MILLISECONDS.toNanos(promoted.nextDueMillis());
  }

  private void sweep(GroupStream stream) {
    rememberPosition(stream);
    if (!isOurTurn(stream)) {
      return;
    }
    String from = "-";
    while (!from.isEmpty() && !stopping) {
      String page = from;
      from = intake.exclusively(() -> sweepPage(stream, page));
    }
  }

  private String sweepPage(GroupStream stream, String from) {
    long sent = System.nanoTime();
    GroupCommands.Swept swept =
        shared
            .commands()
            .sweep(
                executor(),
                stream,
                shared.settings().lease(),
                shared.settings().retry().maxDeliveries(),
                from,
                intake.extraRoom());
    intake.admit(stream, swept.taken(), sent);
    shared.counters().deadLettered.add(swept.buried() - swept.taken().lost());
    shared
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
    return executor().execute(turn) != null;
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

    Schedule(GroupStream stream, long now) {
      this.stream = stream;
      this.promoteAt = now;
      this.sweepAt = now;
    }
  }
}
