package dev.tandem.streams.internal.trim;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one call of {@code trim.lua} did.
 *
 * @param removed entries removed
 * @param more whether there may be more to remove
 * @param length entries left
 * @param cut below what id entries may be lost to groups; empty if none may
 * @param keep how many entries are kept all the same
 * @param free below what id no group needs anything; empty if there is no such id
 * @param groups what became of each group
 * @param foundLost groups that were found to be lost just now
 */
public record TrimStep(
    long removed,
    boolean more,
    long length,
    String cut,
    long keep,
    String free,
    List<GroupRow> groups,
    List<String> foundLost) {
  /** The most entries that one call removes: the server does nothing else meanwhile. */
  public static final int MOST = 500;

  /**
   * For how long after a group was lost nothing counts as acknowledged by all groups: who knows of
   * it finds out within seconds, unless it is cut off.
   */
  static final Duration CARE = Duration.ofMinutes(1);

  private static final Script TRIM = script();

  /**
   * One group.
   *
   * @param name its name
   * @param unread entries lost that it had not read
   * @param pending entries lost that were pending
   * @param abandoned whether it counts as abandoned, if that was asked
   * @param needsOldest whether it needs the oldest entry that is left
   * @param delivered the last id delivered to it
   */
  public record GroupRow(
      String name,
      long unread,
      long pending,
      boolean abandoned,
      boolean needsOldest,
      EntryId delivered) {}

  /** Removes up to {@value #MOST} entries. */
  static TrimStep run(CommandExecutor executor, StreamKeys keys, TrimRule rule) {
    return read(executor.execute(call(keys, rule, 0)));
  }

  /** Removes nothing, and tells what would be decided. */
  public static TrimStep ask(CommandExecutor executor, StreamKeys keys, TrimRule rule) {
    return read(executor.execute(call(keys, rule, 1).repeatable()));
  }

  private static Script script() {
    Script shared = Script.resource(ConsumerName.class, "group.lua");
    for (String functions : List.of("ids.lua", "lost.lua")) {
      shared = Script.joined(shared, TrimStep.class, functions);
    }
    return Script.joined(shared, TrimStep.class, "trim.lua");
  }

  private static Command call(StreamKeys keys, TrimRule rule, int dry) {
    return TRIM.call(keys.stream(), keys.trim())
        .arg(rule.policy())
        .arg(rule.measure())
        .arg(rule.patienceMillis())
        .arg(MOST)
        .arg(dry)
        .arg(CARE.toMillis());
  }

  private static TrimStep read(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(reply);
    List<GroupRow> groups = new ArrayList<>();
    for (Object row : Replies.list(parts.get(6))) {
      List<@Nullable Object> group = Replies.list(row);
      groups.add(
          new GroupRow(
              Replies.text(group.get(0)),
              Replies.number(group.get(1)),
              Replies.number(group.get(2)),
              Replies.number(group.get(3)) == 1,
              Replies.number(group.get(4)) == 1,
              EntryId.parse(Replies.text(group.get(5)))));
    }
    return new TrimStep(
        Replies.number(parts.get(0)),
        Replies.number(parts.get(1)) == 1,
        Replies.number(parts.get(2)),
        Replies.text(parts.get(3)),
        Replies.number(parts.get(4)),
        Replies.text(parts.get(5)),
        groups,
        Replies.list(parts.get(7)).stream().map(Replies::text).toList());
  }
}
