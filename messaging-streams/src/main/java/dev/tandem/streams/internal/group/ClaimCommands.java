package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one consumer comes by deliveries other than by reading: its own whose reply was lost, retries
 * that are due, and what others hold no longer.
 */
public final class ClaimCommands {
  /** The most pending rows that a sweep lists at a time. */
  public static final int SWEEP_PAGE = 100;

  /** The most bytes that one call takes or buries; a single entry may be larger. */
  private static final int MOST_BYTES = 1 << 20;

  private final String consumer;

  public ClaimCommands(String consumer) {
    this.consumer = consumer;
  }

  /** What a script took, and how many entries it found without data. */
  public record Taken(List<TakenEntry> entries, int lost) {}

  /**
   * What {@code promote.lua} did, in how many milliseconds the next entry is due, or -1, and
   * whether it met another group.
   */
  public record Promoted(Taken taken, long nextDueMillis, String failure, boolean otherGroup) {}

  /** What {@code sweep.lua} did, and where the next part begins, or empty. */
  public record Swept(String next, Taken taken, int buried, String failure) {}

  public Taken retake(CommandExecutor executor, GroupStream stream, List<PendingRow> rows) {
    Command command =
        GroupScripts.RETAKE
            .call(stream.stream(), stream.dead(), stream.limits())
            .arg(stream.group())
            .arg(consumer);
    rows.forEach(row -> command.arg(row.id().toString()).arg(row.deliveries()));
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return taken(reply.get(0), reply.get(1));
  }

  public Promoted promote(CommandExecutor executor, GroupStream stream, int most) {
    return promoted(executor.execute(promotion(stream, most)));
  }

  /** What takes up to so many entries whose retry is due; {@link #promoted} reads the reply. */
  public Command promotion(GroupStream stream, int most) {
    return GroupScripts.PROMOTE
        .call(stream.stream(), stream.due(), stream.dead(), stream.told(), stream.limits())
        .arg(stream.group())
        .arg(consumer)
        .arg(ConsumerName.PARKED)
        .arg(stream.mark())
        .arg(Math.min(most, GroupCommands.PAGE))
        .arg(MOST_BYTES);
  }

  /** Reads the reply to {@link #promotion}. */
  public static Promoted promoted(@Nullable Object raw) {
    List<@Nullable Object> reply = Replies.list(raw);
    return new Promoted(
        taken(reply.get(0), reply.get(1)),
        Replies.number(reply.get(2)),
        Replies.text(reply.get(3)),
        Replies.number(reply.get(4)) == 1);
  }

  /**
   * Sweeps a part, for about a millisecond.
   *
   * @param of whose entries are looked at, or empty for everybody's, except that what was handed
   *     back is only found for sure under {@link ConsumerName#RELEASED}
   * @param from where the part begins
   * @param most how many entries may be taken
   * @param repair whether some entries that wait for a retry are known to have no due time
   */
  public Swept sweep(
      CommandExecutor executor,
      GroupStream stream,
      Duration lease,
      int maxDeliveries,
      String of,
      String from,
      int most,
      boolean repair) {
    Command command =
        GroupScripts.SWEEP
            .call(stream.stream(), stream.due(), stream.dead(), stream.limits())
            .arg(stream.group())
            .arg(consumer)
            .arg(ConsumerName.PARKED)
            .arg(ConsumerName.RELEASED)
            .arg(Lease.overWhenIdleMillis(lease))
            .arg(maxDeliveries)
            .arg(from)
            .arg(SWEEP_PAGE)
            .arg(most)
            .arg(GroupCommands.PAGE)
            .arg(MOST_BYTES)
            .arg(repair ? 1 : 0)
            .arg(of);
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Swept(
        Replies.text(reply.get(0)),
        taken(reply.get(1), reply.get(3)),
        (int) Replies.number(reply.get(2)),
        Replies.text(reply.get(4)));
  }

  private static Taken taken(@Nullable Object entries, @Nullable Object lost) {
    return new Taken(TakenEntry.list(entries), Replies.list(lost).size());
  }
}
