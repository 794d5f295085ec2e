package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.Ordering;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.SweepRhythm;
import dev.tandem.streams.internal.wire.Pipelines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after groups: wakes entries whose retry is due, sweeps for deliveries that their consumers
 * have let lapse, and removes the names of consumers long gone. Any worker of a group does it for
 * all of them; one of them sweeps at a time.
 *
 * <p>One look tells what there is to do in a group. Looks at many groups go out together, in the
 * rhythm of {@link LookRhythm}, a fifth more or less.
 */
final class Upkeep implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long ERROR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int LOOKS_AT_A_TIME = 100;

  /** How much longer another consumer's retry is left to that consumer. */
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Shared shared;
  private final Intake intake;
  private final Dispatcher dispatcher;
  private final Sweeper sweeper;
  private final Promoter promoter;
  private final HandingBack handingBack;
  private final Agenda agenda = new Agenda();
  private final Map<GroupStream, Visit> visits = new ConcurrentHashMap<>();
  private final SweepRhythm rhythm;
  private final LookRhythm looks;
  private volatile boolean stopping;
  private volatile boolean anyStarved;

  Upkeep(Shared shared, Intake intake, Dispatcher dispatcher) {
    this.shared = shared;
    this.intake = intake;
    this.dispatcher = dispatcher;
    this.sweeper = new Sweeper(shared, intake, () -> stopping);
    this.promoter = new Promoter(shared, intake);
    this.handingBack = new HandingBack(shared, intake);
    this.rhythm = SweepRhythm.of(shared.settings().lease());
    this.looks = new LookRhythm(rhythm);
  }

  /** Looks after this stream too from now on. */
  void add(GroupStream stream) {
    Visit visit = new Visit(stream, System.nanoTime());
    if (visits.putIfAbsent(stream, visit) == null) {
      agenda.plan(visit, visit.nextAt());
    }
  }

  /** Does not look after this stream any more. */
  void remove(GroupStream stream) {
    visits.remove(stream);
  }

  /** An entry of this stream is to be woken after this delay. */
  void dueIn(GroupStream stream, Duration delay) {
    Visit visit = visits.get(stream);
    if (visit != null) {
      long at = System.nanoTime() + delay.toNanos();
      visit.promoteBy(at);
      agenda.plan(visit, at);
    }
  }

  /** A permit may have become free: what is due and found no room may find some now. */
  void roomMade() {
    if (anyStarved && intake.extraRoom() > shared.settings().concurrency() / 2) {
      anyStarved = false;
      long now = System.nanoTime();
      for (Visit visit : visits.values()) {
        if (visit.starved) {
          visit.starved = false;
          visit.promoteBy(now);
          visit.sweepBy(now);
          agenda.plan(visit, now);
        }
      }
    }
  }

  /** Ends the thread after what it does now. */
  void stop() {
    stopping = true;
    agenda.close();
  }

  @Override
  public void run() {
    while (!stopping) {
      List<Visit> due = List.of();
      try {
        due = agenda.take(POLL_NANOS, activeNanos() / 4);
        dispatcher.pump();
        lookForStall();
        attend(due);
      } catch (InterruptedException e) {
        LOG.debug("interrupted, which does not end upkeep");
      } catch (RuntimeException | Error e) {
        LOG.error(
            "group {}: upkeep failed in the worker itself, will be tried again",
            shared.settings().group(),
            e);
        long later = System.nanoTime() + SECOND_NANOS;
        due.forEach(visit -> agenda.plan(visit, later));
      }
    }
  }

  private void lookForStall() {
    boolean before = intake.stall().isStalled();
    intake.stall().look(System.nanoTime());
    if (intake.stall().isStalled()) {
      // In order it stays: handed back, it would come behind what follows on it.
      if (shared.settings().ordering() == Ordering.NONE) {
        handingBack.handBackAll();
      }
    } else if (before) {
      roomMade();
    }
  }

  private void attend(List<Visit> due) {
    List<Visit> current = due.stream().filter(visit -> visits.get(visit.stream) == visit).toList();
    look(current);
    for (Visit visit : current) {
      if (stopping) {
        return;
      }
      promote(visit);
      sweep(visit);
      agenda.plan(visit, visit.nextAt());
    }
  }

  private long activeNanos() {
    return looks.active(visits.size()).toNanos();
  }

  private long quietNanos() {
    return looks.quiet(visits.size()).toNanos();
  }

  private void look(List<Visit> due) {
    long now = System.nanoTime();
    long soon = now + activeNanos() / 4;
    List<Visit> unseen = new ArrayList<>();
    for (Visit visit : due) {
      if (visit.lookAt - soon <= 0) {
        // Nothing to see before the reader has made sure that the group exists.
        visit.lookAt = now + Math.min(POLL_NANOS, activeNanos());
        if (visit.stream.position() != null) {
          unseen.add(visit);
        }
      }
    }
    for (int from = 0; from < unseen.size() && !stopping; from += LOOKS_AT_A_TIME) {
      lookAt(unseen.subList(from, Math.min(unseen.size(), from + LOOKS_AT_A_TIME)));
    }
  }

  private void lookAt(List<Visit> some) {
    List<Command> commands = new ArrayList<>();
    for (Visit visit : some) {
      commands.add(
          shared
              .commands()
              .look(visit.stream, shared.settings().lease(), rhythm.turn(), SweepRhythm.OLD));
      // Not by the script: who may not read them, or finds something else there, may see the rest.
      commands.add(Command.of("XLEN").key(visit.stream.dead()).repeatable());
    }
    List<@Nullable Object> replies = Pipelines.executeAll(shared.redis(), commands);
    for (int i = 0; i < some.size(); i++) {
      Visit visit = some.get(i);
      Object reply = replies.get(2 * i);
      Object dead = replies.get(2 * i + 1);
      attempt(
          visit,
          () -> looked(visit, GroupView.of(reply), dead instanceof Long count ? count : -1),
          () -> visit.lookAt = System.nanoTime() + Math.max(activeNanos(), ERROR_NANOS));
    }
  }

  private void looked(Visit visit, @Nullable GroupView view, long deadLetters) {
    GroupStream stream = visit.stream;
    long now = System.nanoTime();
    shared.standing().proven();
    visit.view = view;
    boolean quiet = view != null && view.isQuiet();
    visit.lookAt = now + jittered(quiet ? quietNanos() : activeNanos());
    if (view == null || view.mark().isEmpty() || !view.mark().equals(stream.mark())) {
      shared.standing().groupMissing(stream);
    }
    if (view == null || !view.mark().equals(stream.mark())) {
      return;
    }
    stream.read(new GroupReading(view.counts(), stream.isReplay() ? -1 : deadLetters, now));
    shared.standing().looked(stream, view);
    stream.advance(view.position());
    stream.memory().looked(view.knownUpTo(), view.othersHeld());
    if (view.nextDueMillis() >= 0) {
      visit.promoteBy(
          now + TimeUnit.MILLISECONDS.toNanos(view.nextDueMillis()) + jittered(GRACE_NANOS));
    }
    if (!stream.isReplay()) {
      boolean any = view.toReplay() > 0;
      if (any != visits.containsKey(stream.replay())) {
        shared.standing().replaying(stream, any);
      }
    }
    if (view.ourTurn()) {
      visit.sweepBy(now);
    }
    if (view.forgotten()) {
      shared.standing().unaccounted(stream); // nobody else may be there to take it over
    }
    for (String name : view.old()) {
      if (ConsumerName.isForOnce(name)
          && shared.commands().retire(shared.redis().commands(), stream, name)) {
        LOG.info("{}: removed {}, which left nothing behind", stream, name);
      }
    }
    if (!view.failure().isEmpty()) {
      LOG.warn("{}: what waits for a retry cannot be seen: {}", stream, view.failure());
    }
  }

  private void promote(Visit visit) {
    long now = System.nanoTime();
    if (visit.takePromotion(now) && visit.stream.position() != null) {
      if (visit.stream.isRefused()) {
        visit.promoteBy(now + ERROR_NANOS);
        return;
      }
      attempt(
          visit,
          () -> {
            Promoter.Result result = promoter.promote(visit.stream);
            if (result.nextNanos() >= 0) {
              visit.promoteBy(System.nanoTime() + result.nextNanos());
            }
            starved(visit, result.starved());
          },
          () -> {
            visit.promoteBy(System.nanoTime() + ERROR_NANOS);
            shared.standing().unaccounted(visit.stream);
          });
    }
  }

  private void sweep(Visit visit) {
    GroupView view = visit.view;
    long now = System.nanoTime();
    if (visit.takeSweep(now) && view != null) {
      if (visit.stream.isRefused()) {
        visit.sweepBy(now + ERROR_NANOS);
        return;
      }
      attempt(
          visit,
          () -> {
            if (sweeper.sweep(visit, view)) {
              boolean room = intake.extraRoom(visit.stream) > 0;
              visit.sweepBy(System.nanoTime() + (room ? 0 : POLL_NANOS));
              starved(visit, !room);
            }
          },
          () -> {
            visit.sweepBy(System.nanoTime() + ERROR_NANOS);
            shared.standing().unaccounted(visit.stream);
          });
    }
  }

  private void starved(Visit visit, boolean isStarved) {
    if (isStarved) {
      visit.starved = true;
      anyStarved = true;
    }
  }

  // One that always fails must not keep the other from being done.
  private void attempt(Visit visit, Runnable task, Runnable postpone) {
    try {
      task.run();
    } catch (ClosedException e) {
      shared.standing().fatal(e);
    } catch (RuntimeException | Error e) {
      postpone.run();
      failed(visit.stream, e);
    }
  }

  private void failed(GroupStream stream, Throwable error) {
    if (error instanceof MessagingException known) {
      if (known.code() == ErrorCode.GROUP_MISSING) {
        shared.standing().groupMissing(stream);
      }
      LOG.debug("upkeep of {} failed, will be tried again", stream, error);
    } else {
      LOG.error("upkeep of {} failed in the worker itself", stream, error);
    }
  }

  private long jittered(long nanos) {
    return SweepRhythm.jittered(nanos, shared.settings().random());
  }
}
