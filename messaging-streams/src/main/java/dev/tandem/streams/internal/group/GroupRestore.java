package dev.tandem.streams.internal.group;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupCommands.Established;
import dev.tandem.streams.internal.group.GroupCommands.Orphaned;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import dev.tandem.streams.internal.group.GroupCommands.Regained;
import dev.tandem.streams.internal.group.GroupCommands.Reported;
import dev.tandem.streams.internal.group.GroupCommands.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back to a group that was created anew what was pending in the one before it. Everything may
 * be done twice; each method is false if the group was replaced or marked meanwhile, and then it is
 * to be looked at afresh.
 */
final class GroupRestore {
  private static final Logger LOG = LoggerFactory.getLogger(GroupRestore.class);
  private final Membership member;

  GroupRestore(Membership member) {
    this.member = member;
  }

  /**
   * The first entry that {@link #held} and {@link #others} may have to give back.
   *
   * @param known where the group that was lost stood, as far as we know
   */
  EntryId first(GroupStream stream, EntryId known) {
    EntryId first = stream.memory().firstOpen(known);
    for (Lease lease : heldOf(stream)) {
      first = lease.id().compareTo(first) < 0 ? lease.id() : first;
    }
    return first;
  }

  private List<Lease> heldOf(GroupStream stream) {
    return member.registry().of(stream).stream()
        .filter(lease -> lease.state() != Lease.State.SUCCEEDED)
        .filter(lease -> !lease.isLost() && !lease.isPerhapsDone())
        .toList();
  }

  /**
   * What this member holds. What has no data any more is marked as orphaned, and others are told
   * that it is still held.
   */
  boolean held(CommandExecutor executor, GroupStream stream, String mark) {
    List<Lease> held =
        heldOf(stream).stream()
            .filter(lease -> !lease.isPerhapsParked() || !waits(executor, lease))
            .sorted(Comparator.comparing(Lease::id)) // what is left to us falls due in this order
            .toList();
    List<Lease> orphaned = new ArrayList<>();
    for (int from = 0; from < held.size(); from += GroupCommands.PAGE) {
      List<Lease> page = held.subList(from, Math.min(held.size(), from + GroupCommands.PAGE));
      List<PendingRow> rows =
          page.stream().map(lease -> new PendingRow(lease.id(), lease.deliveries())).toList();
      Regained regained =
          member.commands().regain(executor, stream, member.settings().consumer(), mark, rows);
      if (!regained.sameGroup()) {
        return false;
      }
      Set<EntryId> gone = new HashSet<>(regained.gone());
      page.stream().filter(lease -> gone.contains(lease.id())).forEach(orphaned::add);
    }
    orphaned.forEach(Lease::markOrphaned);
    int from = 0;
    do { // also if there is none: that we are back tells what we were done with
      List<Lease> page =
          orphaned.subList(from, Math.min(orphaned.size(), from + GroupCommands.PAGE));
      executor.execute(member.commands().hold(stream, member.settings().lease(), page));
      from += GroupCommands.PAGE;
    } while (from < orphaned.size());
    return true;
  }

  /** Whether it waits for a retry, and is given back with all that does. */
  private static boolean waits(CommandExecutor executor, Lease lease) {
    Command score =
        Command.of("ZSCORE").key(lease.stream().due()).arg(lease.id().toBytes()).repeatable();
    try {
      return executor.execute(score) != null;
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.WRONG_TYPE) {
        return false;
      }
      throw e;
    }
  }

  /** What waits for a retry. What has no data any more is a dead letter then. */
  boolean waiting(CommandExecutor executor, GroupStream stream, String mark) {
    String cursor = "0";
    do {
      Waiting page;
      try {
        page = member.commands().waiting(executor, stream, cursor);
      } catch (MessagingException e) {
        if (e.code() == ErrorCode.WRONG_TYPE) {
          return true; // something else is in its place: nothing waits
        }
        throw e;
      }
      cursor = page.cursor();
      List<PendingRow> rows = page.rows();
      for (int from = 0; from < rows.size(); from += GroupCommands.PAGE) {
        Regained regained =
            member
                .commands()
                .regain(
                    executor,
                    stream,
                    ConsumerName.PARKED,
                    mark,
                    rows.subList(from, Math.min(rows.size(), from + GroupCommands.PAGE)));
        if (!regained.sameGroup()) {
          return false;
        }
        if (!regained.gone().isEmpty()) {
          stream.counters().payloadLost(regained.gone().size());
        }
      }
    } while (!cursor.equals("0"));
    return true;
  }

  /**
   * What others held when we last looked, what they may have read since, and what the group passed
   * over if it was not made again by us: it is pending under nobody's name until who still holds it
   * says so, and is taken over after a lease time otherwise. What others held and has no data any
   * more is a dead letter, unless it was acknowledged before it was trimmed: at once if its holder
   * was silent for a lease time when we last looked, and otherwise after another lease time, if the
   * holder has not come back until then.
   *
   * @param known where the group that was lost stood, as far as we know
   * @param now the group there is now
   */
  boolean others(CommandExecutor executor, GroupStream stream, EntryId known, Established now) {
    List<PendingRow> rows =
        stream.memory().othersHeld().stream().sorted(Comparator.comparing(PendingRow::id)).toList();
    int lost = 0;
    for (int from = 0; from < rows.size(); from += GroupCommands.PAGE) {
      List<PendingRow> page = rows.subList(from, Math.min(rows.size(), from + GroupCommands.PAGE));
      Regained regained =
          member.commands().regain(executor, stream, ConsumerName.ORPHANED, now.mark(), page);
      if (!regained.sameGroup()) {
        return false;
      }
      lost += report(executor, stream, page, Set.copyOf(regained.gone()));
    }
    List<GroupMemory.Stretch> stretches = new ArrayList<>(stream.memory().unknown(known));
    if (now.position().compareTo(known) > 0) {
      stretches.add(new GroupMemory.Stretch(known, now.position(), true));
    }
    int unknown = 0;
    for (GroupMemory.Stretch stretch : stretches) {
      String to = (stretch.inclusive() ? "" : "(") + stretch.to();
      int made = orphan(executor, stream, now.mark(), "(" + stretch.after(), to);
      if (made < 0) {
        return false;
      }
      unknown += made;
    }
    if (!rows.isEmpty() || unknown > 0) {
      LOG.warn(
          "{}: {} deliveries that others held and {} that they may have had, or that nobody had,"
              + " are taken over after the lease time where nobody claims them, or reported lost"
              + " then if their data is gone; {} are lost",
          stream,
          rows.size() - lost,
          unknown,
          lost);
    }
    return true;
  }

  /**
   * What another member began to give back and did not finish: nobody knows which of these entries
   * the group that was lost had not acknowledged. They are taken over after a lease time.
   *
   * @param first the first entry of it
   * @param now the group there is now
   */
  boolean unfinished(CommandExecutor executor, GroupStream stream, EntryId first, Established now) {
    int made = orphan(executor, stream, now.mark(), first.toString(), now.position().toString());
    if (made > 0) {
      LOG.warn(
          "{}: who gave back to it what was pending did not finish: all {} entries from {} to {}"
              + " that are not pending are taken over after the lease time",
          stream,
          made,
          first,
          now.position());
    }
    return made >= 0;
  }

  /**
   * Makes a stretch pending under nobody's name; how many entries, or -1 if it is another group.
   */
  private int orphan(
      CommandExecutor executor, GroupStream stream, String mark, String first, String to) {
    int made = 0;
    String from = first;
    while (!from.isEmpty()) {
      Orphaned page = member.commands().orphan(executor, stream, mark, from, to);
      if (!page.sameGroup()) {
        return -1;
      }
      made += page.made();
      from = page.next();
    }
    return made;
  }

  /** Reports those of them that are gone; how many are known to be lost. */
  private int report(
      CommandExecutor executor, GroupStream stream, List<PendingRow> rows, Set<EntryId> gone) {
    if (gone.isEmpty()) {
      return 0;
    }
    List<PendingRow> missing = rows.stream().filter(row -> gone.contains(row.id())).toList();
    Duration lease = member.settings().lease();
    Reported reported = member.commands().report(executor, stream, stream.mark(), lease, missing);
    stream.counters().payloadLost(reported.gone().size());
    if (!reported.failed().isEmpty()) {
      // Nobody would come back to them; the group must not wait for its dead letters to be mended.
      stream.counters().lost.add(reported.failed().size());
      LOG.error(
          "{}: the data of {} is gone, and no dead letter could say so: {}",
          stream,
          reported.failed(),
          reported.failure());
    }
    return reported.gone().size() + reported.failed().size();
  }
}
