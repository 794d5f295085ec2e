package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one consumer asks of the server about its group: that it is there, what is known of it, and
 * what is given back to it.
 */
public final class GroupCommands {
  /** The most entries, or pending rows, that one call looks at. */
  public static final int PAGE = 100;

  /** The most entries that one call looks at where it cannot but load them. */
  private static final int PAGE_WITH_DATA = 32;

  /** Stands for a holder that may come back under its name without knowing what it held. */
  private static final String NOBODY_KNOWN = "-";

  private final String consumer;

  public GroupCommands(String consumer) {
    this.consumer = consumer;
  }

  /**
   * What {@code establish.lua} found.
   *
   * @param created whether the group was missing
   * @param position the last entry delivered to it
   * @param mark its mark, or empty
   * @param restored whether somebody gave back to it what was known of the group before it
   * @param wasThere whether a group of its name is remembered
   * @param unfinished the first entry of what somebody began to give back and did not finish, or
   *     null
   * @param waitMillis for how long that is left to who began it; then nothing else was done. Or 0
   */
  public record Established(
      boolean created,
      EntryId position,
      String mark,
      boolean restored,
      boolean wasThere,
      @Nullable EntryId unfinished,
      long waitMillis) {
    /** The stream is missing, and nothing was done. */
    static final Established MISSING =
        new Established(false, EntryId.NONE, "", false, false, null, -1);

    /** Whether the stream is missing, and is not to be made. */
    boolean isMissing() {
      return waitMillis < 0;
    }
  }

  /** Whether it was still that group, and its mark, or empty. */
  public record Marked(boolean sameGroup, String mark) {}

  /**
   * What {@code report.lua} made dead letters of, what was in the way, or empty, and of what it
   * could therefore make none.
   */
  public record Reported(List<EntryId> gone, String failure, List<EntryId> failed) {}

  /** Whether it was still that group, and what has no data any more. */
  public record Regained(boolean sameGroup, List<EntryId> gone) {}

  /** Whether it was still that group, where the next page begins, and how many were not pending. */
  public record Orphaned(boolean sameGroup, String next, int made) {}

  /** Some of what waits for a retry, and the cursor for more, or {@code 0}. */
  public record Waiting(String cursor, List<PendingRow> rows) {}

  /**
   * One row of the pending list.
   *
   * @param holder who held it, if that was asked for and it was not silent for a lease time; or
   *     empty
   */
  public record PendingRow(EntryId id, long deliveries, String holder) {
    public PendingRow(EntryId id, long deliveries) {
      this(id, deliveries, "");
    }
  }

  /**
   * Creates the group if it is missing.
   *
   * @param needs the first entry that this member may have to give back to a new group, or null if
   *     it knows of nothing
   * @param patience for how long others leave it to this member to give that back
   * @return what was found; {@link Established#MISSING} if the stream is missing and is not to be
   *     made
   */
  public Established establish(
      CommandExecutor executor,
      GroupStream stream,
      String position,
      @Nullable EntryId needs,
      Duration patience) {
    Command command =
        GroupScripts.ESTABLISH
            .call(stream.stream(), stream.due(), stream.account())
            .arg(stream.group())
            .arg(position)
            .arg(ConsumerName.newMark())
            .arg(needs == null ? "" : needs.toString())
            .arg(stream.accountPrefix())
            .arg(consumer)
            .arg(patience.toMillis())
            .arg(stream.isOnlyIfThere() ? 1 : 0)
            .repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    if (Replies.number(reply.get(0)) < 0) {
      return Established.MISSING;
    }
    String unfinished = Replies.text(reply.get(5));
    return new Established(
        Replies.number(reply.get(0)) == 1,
        EntryId.parse(Replies.text(reply.get(1))),
        Replies.text(reply.get(2)),
        Replies.number(reply.get(3)) == 1,
        Replies.number(reply.get(4)) == 1,
        unfinished.isEmpty() ? null : EntryId.parse(unfinished),
        Replies.number(reply.get(6)));
  }

  /**
   * Marks a group to which everything was given back, if it is still the one of this mark.
   *
   * @param restored whether what members of its predecessor knew of was among that; if not, it is
   *     not marked while somebody gives that back
   */
  public Marked mark(CommandExecutor executor, GroupStream stream, String mark, boolean restored) {
    Command command =
        GroupScripts.MARK
            .call(stream.stream(), stream.account())
            .arg(stream.group())
            .arg(ConsumerName.newMark())
            .arg(mark)
            .arg(restored ? 1 : 0)
            .arg(stream.accountPrefix())
            .repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Marked(Replies.number(reply.get(0)) == 1, Replies.text(reply.get(1)));
  }

  /** Makes entries pending again under a name, in the group of this mark. */
  public Regained regain(
      CommandExecutor executor,
      GroupStream stream,
      String under,
      String mark,
      List<PendingRow> rows) {
    Command command =
        GroupScripts.REGAIN
            .call(stream.stream(), stream.due(), stream.dead(), stream.told(), stream.limits())
            .arg(stream.group())
            .arg(under)
            .arg(ConsumerName.ORPHANED)
            .arg(ConsumerName.PARKED)
            .arg(mark)
            .repeatable();
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Regained(Replies.number(reply.get(0)) == 1, ids(reply.get(1)));
  }

  private static List<EntryId> ids(@Nullable Object reply) {
    return Replies.list(reply).stream().map(id -> EntryId.parse(Replies.text(id))).toList();
  }

  /**
   * Makes dead letters of what the group of this mark had pending and has no data any more.
   *
   * @param patience for how long what somebody may still hold is left to its holder
   */
  public Reported report(
      CommandExecutor executor,
      GroupStream stream,
      String lostMark,
      Duration patience,
      List<PendingRow> rows) {
    Command command =
        GroupScripts.REPORT
            .call(
                stream.stream(),
                stream.due(),
                stream.dead(),
                stream.account(),
                stream.told(),
                stream.limits())
            .arg(stream.group())
            .arg(consumer)
            .arg(lostMark)
            .arg(stream.accountPrefix())
            .arg(patience.toMillis())
            .repeatable();
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()).arg(holderOf(row)));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Reported(ids(reply.get(0)), Replies.text(reply.get(1)), ids(reply.get(2)));
  }

  // Only a name that is never given twice says by coming back that what it held was done with.
  private static String holderOf(PendingRow row) {
    String holder = row.holder();
    return holder.isEmpty() || ConsumerName.isOurs(holder) ? holder : NOBODY_KNOWN;
  }

  /**
   * Says that we are back after the group was lost, and still hold these, which have no data any
   * more: for so long nobody reports them. For each 1, or 0 if another has reported it.
   */
  public Command hold(GroupStream stream, Duration patience, List<Lease> leases) {
    Command command =
        GroupScripts.HOLD
            .call(stream.stream(), stream.due(), stream.told())
            .arg(stream.group())
            .arg(consumer)
            .arg(patience.toMillis());
    leases.forEach(lease -> command.arg(lease.id().toBytes()).arg(lease.deliveries()));
    return command.repeatable();
  }

  /**
   * Says that these were handled, which could not be acknowledged, for they were not pending any
   * more. For each 1, or 0 if another has reported it after the group was lost with its data.
   */
  public Command settle(GroupStream stream, List<Lease> leases) {
    Command command =
        GroupScripts.SETTLE
            .call(stream.stream(), stream.told(), stream.account())
            .arg(stream.group())
            .arg(consumer)
            .arg(stream.mark())
            .arg(stream.accountPrefix());
    leases.forEach(lease -> command.arg(lease.id().toBytes()));
    return command.repeatable();
  }

  /** Makes a page of a stretch pending for whoever takes it over after a lease time. */
  public Orphaned orphan(
      CommandExecutor executor, GroupStream stream, String mark, String from, String to) {
    Command command =
        GroupScripts.ORPHAN
            .call(stream.stream())
            .arg(stream.group())
            .arg(ConsumerName.ORPHANED)
            .arg(mark)
            .arg(from)
            .arg(to)
            .arg(PAGE_WITH_DATA)
            .repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Orphaned(
        Replies.number(reply.get(0)) == 1,
        Replies.text(reply.get(1)),
        (int) Replies.number(reply.get(2)));
  }

  /** A page of what waits for a retry. */
  public Waiting waiting(CommandExecutor executor, GroupStream stream, String cursor) {
    Command command =
        Command.of("ZSCAN").key(stream.due()).arg(cursor).arg("COUNT").arg(PAGE).repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    List<PendingRow> rows = new ArrayList<>();
    // Names and scores, or pairs of them, by the protocol's version.
    List<@Nullable Object> members = Replies.list(reply.get(1));
    for (int i = 0; i < members.size(); i++) {
      boolean paired = members.get(i) instanceof List<?>;
      Object member = paired ? Replies.list(members.get(i)).get(0) : members.get(i);
      rows.add(new PendingRow(EntryId.parse(Replies.text(member)), 1));
      i += paired ? 0 : 1;
    }
    return new Waiting(Replies.text(reply.get(0)), rows);
  }

  /** A look at the group; {@link GroupView#of} reads the reply. */
  public Command look(GroupStream stream, Duration lease, Duration turn, Duration old) {
    return GroupScripts.LOOK
        .call(stream.stream(), stream.due(), stream.sweep(), stream.replay().stream())
        .arg(stream.group())
        .arg(consumer)
        .arg(ConsumerName.PARKED)
        .arg(ConsumerName.RELEASED)
        .arg(Lease.overWhenIdleMillis(lease))
        .arg(Math.max(1, turn.toMillis()))
        .arg(PAGE)
        .arg(old.toMillis())
        .repeatable();
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

  public boolean retire(CommandExecutor executor, GroupStream stream) {
    return retire(executor, stream, consumer);
  }

  /** Removes a consumer if nothing is pending under its name. */
  public boolean retire(CommandExecutor executor, GroupStream stream, String name) {
    Command command = GroupScripts.RETIRE.call(stream.stream()).arg(stream.group()).arg(name);
    return Replies.number(executor.execute(command.repeatable())) == 1;
  }
}
