package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.group.Patience;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a consumer leaves its groups: nothing stays with it. */
final class Leaving implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Leaving.class);

  private final Membership member;
  private final Collection<Lane> lanes;
  private final long deadline;
  private final Patience patience;

  Leaving(Membership member, Collection<Lane> lanes, long deadline) {
    this.member = member;
    this.lanes = lanes;
    this.deadline = deadline;
    this.patience = new Patience(deadline);
  }

  @Override
  public void run() {
    lanes.forEach(this::leave);
  }

  private void leave(Lane lane) {
    try {
      long left = deadline - System.nanoTime();
      if (lane.turn.tryLock(Math.max(0, left), TimeUnit.NANOSECONDS)) {
        try {
          lane.streams().forEach(this::leave);
        } finally {
          lane.turn.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void leave(GroupStream stream) {
    if (stream.position() == null) {
      return; // we never got as far as the group
    }
    try {
      patience.run(
          () -> {
            handBack(stream);
            member.commands().retire(executor(), stream);
          });
    } catch (MessagingException e) {
      LOG.warn(
          "{}: could not leave in order; what is held is delivered again after the lease: {}",
          stream,
          e.getMessage());
    }
  }

  private void handBack(GroupStream stream) {
    String from = "-";
    while (!from.isEmpty()) {
      List<GroupCommands.PendingRow> rows = member.commands().ownPending(executor(), stream, from);
      release(stream, rows.stream().filter(row -> isBegun(stream, row)).toList(), true);
      release(stream, rows.stream().filter(row -> !isBegun(stream, row)).toList(), false);
      from = rows.size() < GroupCommands.PAGE ? "" : "(" + rows.get(rows.size() - 1).id();
    }
  }

  private void release(GroupStream stream, List<GroupCommands.PendingRow> rows, boolean isCounted) {
    if (rows.isEmpty()) {
      return;
    }
    if (isCounted) {
      member.leases().releaseCounted(executor(), stream, rows);
    } else {
      member.leases().release(executor(), stream, rows);
    }
  }

  /** Whether a poll has returned it, so that it may have been handled in part. */
  private boolean isBegun(GroupStream stream, GroupCommands.PendingRow row) {
    @Nullable Lease lease =
        member.registry().find(new Lease.Key(stream, row.id(), row.deliveries()));
    return lease != null && lease.state() != Lease.State.BUFFERED;
  }

  private CommandExecutor executor() {
    return member.redis().commands();
  }
}
