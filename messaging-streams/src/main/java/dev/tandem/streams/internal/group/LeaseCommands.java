package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import java.time.Duration;
import java.util.List;

/** What one consumer has done with the deliveries it holds. */
public final class LeaseCommands {
  private final String consumer;

  public LeaseCommands(String consumer) {
    this.consumer = consumer;
  }

  public Command renew(GroupStream stream, List<Lease> leases) {
    Command command =
        GroupScripts.RENEW
            .call(stream.stream())
            .arg(stream.group())
            .arg(consumer)
            .arg(stream.mark());
    leases.forEach(lease -> command.arg(lease.id().toBytes()).arg(lease.deliveries()));
    return command.repeatable();
  }

  public Command acknowledge(GroupStream stream, List<Lease> leases) {
    Command command =
        stream.isReplay()
            ? GroupScripts.FINISH.call(stream.stream()).arg(stream.group())
            : Command.of("XACK").key(stream.stream()).arg(stream.group());
    leases.forEach(lease -> command.arg(lease.id().toBytes()));
    return command.repeatable();
  }

  public Command park(Lease lease, Duration delay) {
    GroupStream stream = lease.stream();
    return GroupScripts.PARK
        .call(stream.stream(), stream.due(), stream.dead(), stream.limits())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .arg(stream.mark())
        .arg(delay.toMillis())
        .arg(ConsumerName.PARKED);
  }

  public Command again(Lease lease) {
    GroupStream stream = lease.stream();
    return GroupScripts.AGAIN
        .call(stream.stream(), stream.dead(), stream.limits())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .arg(stream.mark())
        .repeatable();
  }

  public Command bury(Lease lease, String reason, String exception) {
    GroupStream stream = lease.stream();
    return GroupScripts.BURY
        .call(stream.stream(), stream.due(), stream.dead(), stream.told(), stream.limits())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .arg(stream.mark())
        .arg(reason)
        .arg(exception)
        .arg(lease.isOrphaned() ? 1 : 0);
  }

  /** Hands back deliveries that were never started, so that they are not counted. */
  public long release(CommandExecutor executor, GroupStream stream, List<PendingRow> rows) {
    return release(executor, stream, rows, true);
  }

  /** Hands back deliveries that somebody may have begun to handle, so that they count. */
  public long releaseCounted(CommandExecutor executor, GroupStream stream, List<PendingRow> rows) {
    return release(executor, stream, rows, false);
  }

  private long release(
      CommandExecutor executor, GroupStream stream, List<PendingRow> rows, boolean unstarted) {
    Command command =
        GroupScripts.RELEASE
            .call(stream.stream())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.RELEASED)
            .arg(unstarted ? 1 : 0);
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()));
    return Replies.number(executor.execute(command.repeatable()));
  }
}
