package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Lease.State;
import dev.tandem.streams.internal.group.Patience;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a worker leaves its groups: nothing it did not start stays with it. */
final class Departure {
  private static final Logger LOG = LoggerFactory.getLogger(Departure.class);

  private final Shared shared;
  private final Roster roster;

  Departure(Shared shared, Roster roster) {
    this.shared = shared;
    this.roster = roster;
  }

  /** Hands back what is pending under our name and was never started, without counting it. */
  void handBack(Patience patience) {
    attempt(false, patience);
  }

  /** Hands back again, and removes the consumer where nothing is left pending. */
  void leave(Patience patience) {
    attempt(true, patience);
  }

  private void attempt(boolean retire, Patience patience) {
    for (GroupStream stream : roster.streams()) {
      if (stream.position() == null) {
        continue; // we never got as far as the group
      }
      try {
        patience.run(() -> attempt(stream, retire));
      } catch (MessagingException e) {
        failed(stream, e);
      }
    }
  }

  /** It is not to be tried again. */
  void failed(GroupStream stream, MessagingException error) {
    LOG.warn(
        "{}: could not leave in order; what is held is delivered again after the lease: {}",
        stream,
        error.getMessage());
  }

  /**
   * Hands back what is pending of this stream under our name and was never started, and removes the
   * consumer if that is wanted and nothing is left. May be repeated when it fails.
   */
  void attempt(GroupStream stream, boolean retire) {
    try {
      CommandExecutor executor = shared.redis().commands();
      handBack(executor, stream);
      if (retire) {
        shared.commands().retire(executor, stream);
      }
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.GROUP_MISSING && stream.isLeaving()) {
        stream.gone(true); // its tenant may have been removed as a whole
        return;
      }
      throw e;
    }
  }

  private void handBack(CommandExecutor executor, GroupStream stream) {
    String from = "-";
    while (!from.isEmpty()) {
      List<GroupCommands.PendingRow> rows = shared.commands().ownPending(executor, stream, from);
      List<GroupCommands.PendingRow> unstarted =
          rows.stream().filter(row -> isUnstarted(stream, row)).toList();
      if (!unstarted.isEmpty()) {
        shared.leases().release(executor, stream, unstarted);
      }
      from = rows.size() < GroupCommands.PAGE ? "" : "(" + rows.get(rows.size() - 1).id();
    }
  }

  private boolean isUnstarted(GroupStream stream, GroupCommands.PendingRow row) {
    @Nullable Lease lease =
        shared.registry().find(new Lease.Key(stream, row.id(), row.deliveries()));
    if (lease == null) {
      return true;
    }
    if (lease.state() == State.BUFFERED) {
      shared.registry().drop(lease);
    }
    return lease.state() == State.DROPPED;
  }
}
