package dev.tandem.streams.internal.dead;

import dev.tandem.redis.command.Command;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.GroupKeys;
import java.util.Collection;

/** What a worker asks of the replay stream of its group beside what it asks of every stream. */
public final class ReplayStream {
  /** The most entries that one call acknowledges. */
  public static final int MOST_ACKNOWLEDGED = 256;

  private ReplayStream() {}

  /** Whether the group has a replay stream: 1 or 0. It does from its first replay on. */
  public static Command exists(GroupKeys keys) {
    return Command.of("EXISTS").key(keys.replay().stream()).repeatable();
  }

  /**
   * Acknowledges entries and deletes them, for no other group reads them. Replies how many were
   * pending.
   *
   * @param ids their ids in the replay stream, 1 to {@value #MOST_ACKNOWLEDGED}
   */
  public static Command acknowledge(GroupKeys keys, Collection<EntryId> ids) {
    Command command =
        DeadScripts.ACKNOWLEDGE.call(keys.replay().stream()).arg(keys.group()).repeatable();
    ids.forEach(id -> command.arg(id.toString()));
    return command;
  }
}
