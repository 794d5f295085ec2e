package dev.tandem.streams.internal.group;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupCommands.Orphaned;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import dev.tandem.streams.internal.group.GroupCommands.Regained;
import dev.tandem.streams.internal.group.GroupCommands.Waiting;
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
  private static final String UNMARKED = "";

  private final Membership member;

  GroupRestore(Membership member) {
    this.member = member;
  }

  /** What this member holds. What has no data any more is marked as orphaned. */
  boolean held(CommandExecutor executor, GroupStream stream, String mark) {
    List<Lease> held =
        member.registry().of(stream).stream()
            .filter(lease -> lease.state() != Lease.State.SUCCEEDED)
            .filter(lease -> !lease.isLost() && !lease.isPerhapsDone())
            .toList();
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
      page.stream().filter(lease -> gone.contains(lease.id())).forEach(Lease::markOrphaned);
    }
    return true;
  }

  /** What waits for a retry. What has no data any more is a dead letter then. */
  boolean waiting(CommandExecutor executor, GroupStream stream) {
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
                    UNMARKED,
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
   * What others held when we last looked, and what they may have read since: it is pending under
   * nobody's name until who still holds it says so, and is taken over after a lease time otherwise.
   */
  boolean others(CommandExecutor executor, GroupStream stream, EntryId upTo) {
    List<PendingRow> rows = stream.memory().othersHeld();
    int gone = 0;
    for (int from = 0; from < rows.size(); from += GroupCommands.PAGE) {
      List<PendingRow> page = rows.subList(from, Math.min(rows.size(), from + GroupCommands.PAGE));
      Regained regained =
          member.commands().regain(executor, stream, ConsumerName.ORPHANED, UNMARKED, page);
      if (!regained.sameGroup()) {
        return false;
      }
      gone += regained.gone().size();
    }
    int unknown = 0;
    for (GroupMemory.Stretch stretch : stream.memory().unknown(upTo)) {
      String from = "(" + stretch.after();
      String to = (stretch.inclusive() ? "" : "(") + stretch.to();
      while (!from.isEmpty()) {
        Orphaned page = member.commands().orphan(executor, stream, UNMARKED, from, to);
        if (!page.sameGroup()) {
          return false;
        }
        unknown += page.made();
        from = page.next();
      }
    }
    if (!rows.isEmpty() || unknown > 0) {
      LOG.warn(
          "{}: {} deliveries that others held and {} that they may have had are taken over after the"
              + " lease time where nobody claims them; of {} the data is gone",
          stream,
          rows.size() - gone,
          unknown,
          gone);
    }
    return true;
  }
}
