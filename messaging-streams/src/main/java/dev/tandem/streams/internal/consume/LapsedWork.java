package dev.tandem.streams.internal.consume;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.SweepRhythm;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through a stream's pending entries for deliveries that their consumers have let lapse, by
 * turns with the other members of the group, some pages at a time. For one thread at a time.
 */
final class LapsedWork {
  private static final Logger LOG = LoggerFactory.getLogger(LapsedWork.class);
  private static final int PAGES_AT_A_TIME = 5;
  private static final String FIRST_PAGE = "-";

  private final Membership member;
  private final GroupStream stream;
  private final int maxDeliveries;
  private final Consumer<GroupView> looked;
  private final SweepRhythm rhythm;
  private long nextAt = System.nanoTime();

  /** Where a round that was begun goes on, or empty. */
  private String from = "";

  /** Whose entries it goes through: first what was handed back, then everybody's. */
  private String of = "";

  private boolean repair;

  /** Tells {@code looked} of each look at the group. */
  LapsedWork(Membership member, GroupStream stream, int maxDeliveries, Consumer<GroupView> looked) {
    this.looked = looked;
    this.member = member;
    this.stream = stream;
    this.maxDeliveries = maxDeliveries;
    this.rhythm = SweepRhythm.of(member.settings().lease());
  }

  /** Takes up to so many, if it is time to look for them. */
  void take(CommandExecutor executor, Admission admission, int most) {
    if (most <= 0 || (from.isEmpty() && !isTime(executor))) {
      return;
    }
    int room = most;
    for (int page = 0; page < PAGES_AT_A_TIME && room > 0 && !from.isEmpty(); page++) {
      long sent = System.nanoTime();
      ClaimCommands.Swept swept =
          member
              .claims()
              .sweep(
                  executor,
                  stream,
                  member.settings().lease(),
                  maxDeliveries,
                  of,
                  from,
                  room,
                  repair);
      admission.admit(stream, swept.taken(), sent);
      int taken = swept.taken().entries().size();
      room -= taken;
      // A page that was cut short for want of room is looked through again.
      from = taken > 0 && room <= 0 ? from : swept.next();
      if (from.isEmpty() && !of.isEmpty()) {
        of = "";
        from = FIRST_PAGE;
      }
      count(swept);
    }
  }

  private boolean isTime(CommandExecutor executor) {
    long now = System.nanoTime();
    if (nextAt - now > 0) {
      return false;
    }
    nextAt = now + SweepRhythm.jittered(rhythm.every().toNanos(), member.settings().random());
    if (isOurTurn(executor)) {
      from = FIRST_PAGE;
      return true;
    }
    return false;
  }

  private void count(ClaimCommands.Swept swept) {
    stream.counters().swept(swept);
    if (!swept.failure().isEmpty()) {
      LOG.warn(
          "{}: a dead letter could not be written, will be tried again: {}",
          stream,
          swept.failure());
    }
  }

  /** Looks at the group, remembers what it sees, and tells whether it is our turn to sweep. */
  private boolean isOurTurn(CommandExecutor executor) {
    Command look =
        member.commands().look(stream, member.settings().lease(), rhythm.turn(), SweepRhythm.OLD);
    GroupView view = GroupView.of(executor.execute(look));
    if (view == null || !view.mark().equals(stream.mark())) {
      member.standing().groupMissing(stream);
      return false;
    }
    stream.advance(view.position());
    stream.memory().looked(view.knownUpTo(), view.othersHeld());
    repair = view.astray();
    of = view.lapsed().contains(ConsumerName.RELEASED) ? ConsumerName.RELEASED : "";
    if (view.forgotten()) {
      member.standing().unaccounted(stream); // nobody else may be there to take it over
    }
    looked.accept(view);
    return view.ourTurn();
  }
}
