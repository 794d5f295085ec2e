package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one consumer asks of the server about its group, as commands and as read replies. */
public final class GroupCommands {
  /** The most entries, or pending rows, that one call looks at. */
  public static final int PAGE = 100;

  private final String consumer;

  public GroupCommands(String consumer) {
    this.consumer = consumer;
  }

  /** What {@code establish.lua} found. */
  public record Established(boolean created, EntryId position, List<EntryId> gone, int lost) {}

  /** What a script took, and how many entries it found without data. */
  public record Taken(List<TakenEntry> entries, int lost) {}

  /** What {@code promote.lua} did, and in how many milliseconds the next entry is due, or -1. */
  public record Promoted(Taken taken, long nextDueMillis, String failure) {}

  /** What {@code sweep.lua} did, and where the next page begins, or empty. */
  public record Swept(String next, Taken taken, int buried, String failure) {}

  /** One row of the pending list. */
  public record PendingRow(EntryId id, long deliveries) {}

  public Established establish(
      CommandExecutor executor, GroupStream stream, String position, Collection<Lease> held) {
    Command command =
        GroupScripts.ESTABLISH
            .call(stream.stream(), stream.due(), stream.dead())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.PARKED)
            .arg(position)
            .repeatable();
    held.forEach(lease -> command.arg(lease.id().toString()).arg(lease.deliveries()));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    List<EntryId> gone =
        Replies.list(reply.get(2)).stream().map(id -> EntryId.parse(Replies.text(id))).toList();
    return new Established(
        Replies.number(reply.get(0)) == 1,
        EntryId.parse(Replies.text(reply.get(1))),
        gone,
        Replies.list(reply.get(3)).size());
  }

  /** A page of what is pending under our name. */
  public List<PendingRow> ownPending(CommandExecutor executor, GroupStream stream, String from) {
    Command command =
        Command.of("XPENDING")
            .key(stream.stream())
            .arg(stream.group())
            .arg(from)
            .arg("+")
            .arg(PAGE)
            .arg(consumer)
            .repeatable();
    List<PendingRow> rows = new ArrayList<>();
    for (Object row : Replies.list(executor.execute(command))) {
      List<@Nullable Object> parts = Replies.list(row);
      rows.add(
          new PendingRow(EntryId.parse(Replies.text(parts.get(0))), Replies.number(parts.get(3))));
    }
    return rows;
  }

  public Taken retake(CommandExecutor executor, GroupStream stream, List<PendingRow> rows) {
    Command command =
        GroupScripts.RETAKE.call(stream.stream(), stream.dead()).arg(stream.group()).arg(consumer);
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return taken(reply.get(0), reply.get(1));
  }

  public Command renew(GroupStream stream, List<Lease> leases) {
    Command command = GroupScripts.RENEW.call(stream.stream()).arg(stream.group()).arg(consumer);
    leases.forEach(lease -> command.arg(lease.id().toBytes()).arg(lease.deliveries()));
    return command.repeatable();
  }

  public Command acknowledge(GroupStream stream, List<Lease> leases) {
    Command command = Command.of("XACK").key(stream.stream()).arg(stream.group());
    leases.forEach(lease -> command.arg(lease.id().toBytes()));
    return command.repeatable();
  }

  public Command park(Lease lease, Duration delay) {
    GroupStream stream = lease.stream();
    return GroupScripts.PARK
        .call(stream.stream(), stream.due(), stream.dead())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .arg(delay.toMillis())
        .arg(ConsumerName.PARKED);
  }

  public Command again(Lease lease) {
    GroupStream stream = lease.stream();
    return GroupScripts.AGAIN
        .call(stream.stream(), stream.dead())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .repeatable();
  }

  public Command bury(Lease lease, String reason, String exception) {
    GroupStream stream = lease.stream();
    return GroupScripts.BURY
        .call(stream.stream(), stream.due(), stream.dead())
        .arg(stream.group())
        .arg(consumer)
        .arg(lease.id().toString())
        .arg(lease.deliveries())
        .arg(reason)
        .arg(exception)
        .arg(lease.isOrphaned() ? 1 : 0);
  }

  public Promoted promote(CommandExecutor executor, GroupStream stream, int most) {
    Command command =
        GroupScripts.PROMOTE
            .call(stream.stream(), stream.due(), stream.dead())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.PARKED)
            .arg(Math.min(most, PAGE));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Promoted(
        taken(reply.get(0), reply.get(1)),
        Replies.number(reply.get(2)),
        Replies.text(reply.get(3)));
  }

  public Swept sweep(
      CommandExecutor executor,
      GroupStream stream,
      Duration lease,
      int maxDeliveries,
      String from,
      int most) {
    Command command =
        GroupScripts.SWEEP
            .call(stream.stream(), stream.due(), stream.dead())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.PARKED)
            .arg(ConsumerName.RELEASED)
            .arg(lease.toMillis())
            .arg(maxDeliveries)
            .arg(from)
            .arg(PAGE)
            .arg(most);
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Swept(
        Replies.text(reply.get(0)),
        taken(reply.get(1), reply.get(3)),
        (int) Replies.number(reply.get(2)),
        Replies.text(reply.get(4)));
  }

  public long release(CommandExecutor executor, GroupStream stream, List<PendingRow> rows) {
    Command command =
        GroupScripts.RELEASE
            .call(stream.stream())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.RELEASED);
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()));
    return Replies.number(executor.execute(command.repeatable()));
  }

  public boolean retire(CommandExecutor executor, GroupStream stream) {
    Command command = GroupScripts.RETIRE.call(stream.stream()).arg(stream.group()).arg(consumer);
    return Replies.number(executor.execute(command.repeatable())) == 1;
  }

  private static Taken taken(@Nullable Object entries, @Nullable Object lost) {
    return new Taken(TakenEntry.list(entries), Replies.list(lost).size());
  }
}
