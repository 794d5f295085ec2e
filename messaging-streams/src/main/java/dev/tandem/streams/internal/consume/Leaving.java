package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Membership;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a consumer leaves its groups: nothing stays with it. */
final class Leaving implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Leaving.class);

  private final Membership member;
  private final Collection<Lane> lanes;
  private final long deadline;

  Leaving(Membership member, Collection<Lane> lanes, long deadline) {
    this.member = member;
    this.lanes = lanes;
    this.deadline = deadline;
  }

  @Override
  public void run() {
    lanes.forEach(this::leave);
  }

  private void leave(Lane lane) {
    try {
      long left = deadline - System.nanoTime();
      if (lane.stream().position() != null
          && lane.turn.tryLock(Math.max(0, left), TimeUnit.NANOSECONDS)) {
        try {
          handBack(lane.stream());
          member.commands().retire(executor(), lane.stream());
        } finally {
          lane.turn.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (MessagingException e) {
      LOG.warn(
          "{}: could not leave in order; what is held is delivered again after the lease: {}",
          lane.stream(),
          e.getMessage());
    }
  }

  private void handBack(GroupStream stream) {
    String from = "-";
    while (!from.isEmpty()) {
      List<GroupCommands.PendingRow> rows = member.commands().ownPending(executor(), stream, from);
      if (!rows.isEmpty()) {
        member.commands().release(executor(), stream, rows);
      }
      from = rows.size() < GroupCommands.PAGE ? "" : "(" + rows.get(rows.size() - 1).id();
    }
  }

  private CommandExecutor executor() {
    return member.redis().commands();
  }
}
