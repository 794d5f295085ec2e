package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes sure that a group exists and that we hold what is pending under our name. */
public final class GroupSetup {
  private static final Logger LOG = LoggerFactory.getLogger(GroupSetup.class);

  private final Membership member;
  private final Admission admission;

  public GroupSetup(Membership member, Admission admission) {
    this.member = member;
    this.admission = admission;
  }

  /**
   * Creates the group if it is missing.
   *
   * @param wasLost whether it is known to have been missing: then what we hold becomes pending
   *     again
   */
  public void establish(CommandExecutor executor, GroupStream stream, boolean wasLost) {
    EntryId known = stream.position();
    GroupCommands.Established now =
        member.commands().establish(executor, stream, start(known), List.of());
    if (now.created()) {
      stream.reset(now.position());
    } else {
      stream.advance(now.position());
    }
    if (now.created() && known != null) {
      stream.counters().groupsRecreated.add(1);
      LOG.warn(
          "{} was gone: created again after {}. What other consumers held and have not given back"
              + " is delivered again only if they still run",
          stream,
          now.position());
    }
    if (now.lost() > 0) {
      stream.counters().payloadLost(now.lost());
    }
    if (known != null && (wasLost || now.created())) {
      member.registry().exclusively(() -> giveBackHeld(executor, stream));
    }
  }

  private String start(@Nullable EntryId known) {
    if (known != null) {
      return known.toString();
    }
    StartPosition start = member.settings().startFrom();
    return start.equals(StartPosition.NOW) ? "$" : "=" + start.lastPassedOver();
  }

  private void giveBackHeld(CommandExecutor executor, GroupStream stream) {
    List<Lease> held =
        member.registry().of(stream).stream()
            .filter(lease -> lease.state() != Lease.State.SUCCEEDED)
            .filter(lease -> !lease.isLost() && !lease.isPerhapsDone())
            .toList();
    for (int from = 0; from < held.size(); from += GroupCommands.PAGE) {
      List<Lease> page = held.subList(from, Math.min(held.size(), from + GroupCommands.PAGE));
      Set<EntryId> gone =
          new HashSet<>(
              member.commands().establish(executor, stream, EntryId.NONE.toString(), page).gone());
      page.stream().filter(lease -> gone.contains(lease.id())).forEach(Lease::markOrphaned);
    }
  }

  /** Takes what is pending under our name and not held: its reply never reached us. */
  public void takeUnaccounted(CommandExecutor executor, GroupStream stream) {
    String from = "-";
    while (!from.isEmpty()) {
      String page = from;
      from = admission.exclusively(() -> takePage(executor, stream, page));
    }
  }

  private String takePage(CommandExecutor executor, GroupStream stream, String from) {
    List<GroupCommands.PendingRow> rows = member.commands().ownPending(executor, stream, from);
    List<GroupCommands.PendingRow> unknown =
        rows.stream()
            .filter(
                row -> !member.registry().holds(new Lease.Key(stream, row.id(), row.deliveries())))
            .toList();
    if (!unknown.isEmpty()) {
      long sent = System.nanoTime();
      admission.admit(stream, member.commands().retake(executor, stream, unknown), sent);
    }
    return rows.size() < GroupCommands.PAGE ? "" : "(" + rows.get(rows.size() - 1).id();
  }
}
