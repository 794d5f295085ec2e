package dev.tandem.streams.internal.admin;

import dev.tandem.api.MessageId;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.GroupLoss;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.StreamKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream with its groups, as the server describes them; read by the fields' names, since each
 * version adds some.
 *
 * @param length entries in it
 * @param first the first one's id, or null
 * @param last the last one's id, or null
 * @param lastGenerated the last id ever used
 * @param maxDeleted the largest id deleted by hand, or null if the server does not say
 * @param groups its groups
 * @param account what trimming has written down about it
 */
record StreamState(
    long length,
    @Nullable EntryId first,
    @Nullable EntryId last,
    EntryId lastGenerated,
    @Nullable EntryId maxDeleted,
    List<Group> groups,
    Map<String, @Nullable Object> account) {

  /** A group; {@code lag} is null if the server does not tell it. */
  record Group(String name, long consumers, long pending, EntryId delivered, @Nullable Long lag) {}

  static StreamState of(CommandExecutor executor, StreamKeys keys) {
    List<@Nullable Object> replies =
        executor.executeAll(
            List.of(
                Command.of("EXISTS").key(keys.stream()).repeatable(),
                Command.of("HGETALL").key(keys.trim()).repeatable(),
                Command.of("XINFO").arg("STREAM").key(keys.stream()).repeatable(),
                Command.of("XINFO").arg("GROUPS").key(keys.stream()).repeatable()));
    boolean exists = Replies.number(Replies.orThrow(replies.get(0))) == 1;
    Map<String, @Nullable Object> account = Replies.map(Replies.orThrow(replies.get(1)));
    if (!exists) {
      return new StreamState(0, null, null, EntryId.NONE, null, List.of(), account);
    }
    Map<String, @Nullable Object> info = Replies.map(Replies.orThrow(replies.get(2)));
    List<Group> groups = new ArrayList<>();
    for (Object group : Replies.list(Replies.orThrow(replies.get(3)))) {
      groups.add(group(Replies.map(group)));
    }
    String maxDeleted = Replies.textOrNull(info.get("max-deleted-entry-id"));
    return new StreamState(
        Replies.number(info.get("length")),
        idOf(info.get("first-entry")),
        idOf(info.get("last-entry")),
        EntryId.parse(Replies.text(info.get("last-generated-id"))),
        maxDeleted == null ? null : EntryId.parse(maxDeleted),
        groups,
        account);
  }

  private static Group group(Map<String, @Nullable Object> info) {
    Object lag = info.get("lag");
    return new Group(
        Replies.text(info.get("name")),
        Replies.number(info.get("consumers")),
        Replies.number(info.get("pending")),
        EntryId.parse(Replies.text(info.get("last-delivered-id"))),
        lag == null ? null : Replies.number(lag));
  }

  private static @Nullable EntryId idOf(@Nullable Object entry) {
    return entry == null ? null : EntryId.parse(Replies.text(Replies.list(entry).get(0)));
  }

  /** A number that trimming wrote down, or 0. */
  long accounted(String field) {
    Object value = account.get(field);
    return value == null ? 0 : Replies.number(value);
  }

  /** An id that trimming wrote down, or null. */
  @Nullable EntryId accountedId(String field) {
    String value = Replies.textOrNull(account.get(field));
    return value == null ? null : EntryId.parse(value);
  }

  GroupLoss lossOf(String group) {
    return new GroupLoss(group, accounted("unread:" + group), accounted("pending:" + group));
  }

  /** An id as users know it, or null. */
  static @Nullable MessageId messageId(@Nullable EntryId id) {
    return id == null ? null : MessageId.of(id.toString());
  }
}
