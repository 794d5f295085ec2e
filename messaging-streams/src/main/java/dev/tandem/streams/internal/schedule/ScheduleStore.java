package dev.tandem.streams.internal.schedule;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.ScheduledId;
import dev.tandem.streams.ScheduledMessage;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.PackedFields;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The scheduled messages of one stream, as commands and as read replies. Every call may be repeated
 * when its reply is lost, and then gives back what it did the first time.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class ScheduleStore {
  private final CommandExecutor executor;
  private final StreamKeys keys;

  /** The messages under these keys. */
  public ScheduleStore(RedisConnection redis, StreamKeys keys) {
    this.executor = redis.commands();
    this.keys = keys;
  }

  /**
   * What came of adding a message.
   *
   * @param status 1 added, 0 due too late, -1 too many wait
   * @param number when it is due, the server's time, or how many wait
   */
  public record Added(int status, long number) {}

  /**
   * Adds a message.
   *
   * @param due milliseconds since the epoch, or from now on if preceded by a plus
   */
  public Added add(
      ScheduledId id, String due, Duration furthest, long mostWaiting, List<byte[]> fields) {
    Command command =
        ScheduleScripts.ADD
            .call(keys.scheduled(), keys.scheduledMessages(), keys.scheduledRecently())
            .arg(bytes(id))
            .arg(due)
            .arg(furthest.toMillis())
            .arg(mostWaiting)
            .arg(PackedFields.pack(fields))
            .repeatable();
    List<@Nullable Object> reply = Replies.list(executor.execute(command));
    return new Added((int) Replies.number(reply.get(0)), Replies.number(reply.get(1)));
  }

  /** Takes a message back; whether it was still waiting. */
  public boolean cancel(ScheduledId id) {
    Command command =
        ScheduleScripts.CANCEL
            .call(keys.scheduled(), keys.scheduledMessages(), keys.scheduledRecently())
            .arg(bytes(id))
            .arg(ConsumerName.unique("cancel"))
            .repeatable();
    return Replies.number(executor.execute(command)) == 1;
  }

  /** How many wait. */
  public long count() {
    return Replies.number(executor.execute(Command.of("ZCARD").key(keys.scheduled()).repeatable()));
  }

  /** The first messages that are due, or those after one of them. */
  public List<ScheduledMessage> list(@Nullable ScheduledMessage after, int limit) {
    Command command =
        ScheduleScripts.LIST.call(keys.scheduled(), keys.scheduledMessages()).arg(limit);
    if (after == null) {
      command.arg("").arg("");
    } else {
      command.arg(after.dueAt().toEpochMilli()).arg(bytes(after.id()));
    }
    List<ScheduledMessage> messages = new ArrayList<>();
    for (Object row : Replies.list(executor.execute(command.repeatable()))) {
      List<@Nullable Object> parts = Replies.list(row);
      messages.add(message(id(parts.get(0)), due(parts.get(1)), parts.get(2)));
    }
    return messages;
  }

  /** The message of this id, if it waits. */
  public Optional<ScheduledMessage> find(ScheduledId id) {
    List<@Nullable Object> replies =
        executor.executeAll(
            List.of(
                Command.of("ZSCORE").key(keys.scheduled()).arg(bytes(id)).repeatable(),
                Command.of("HGET").key(keys.scheduledMessages()).arg(bytes(id)).repeatable()));
    Object due = Replies.orThrow(replies.get(0));
    return due == null
        ? Optional.empty()
        : Optional.of(message(id, due(due), Replies.orThrow(replies.get(1))));
  }

  // What others wrote there may be anything: it is shown as far as it can be read.
  private static ScheduledMessage message(ScheduledId id, Instant due, @Nullable Object stored) {
    byte[] value = stored == null ? new byte[0] : Replies.bytes(stored);
    long since = 0;
    int at = 0;
    while (at < value.length && at < 15 && value[at] >= '0' && value[at] <= '9') {
      since = 10 * since + value[at++] - '0';
    }
    if (at == value.length || value[at] != ';') {
      return new ScheduledMessage(id, due, Instant.EPOCH, Map.of());
    }
    List<byte[]> fields = PackedFields.unpack(Arrays.copyOfRange(value, at + 1, value.length));
    Map<String, byte[]> byName = new RawEntry(EntryId.NONE, fields).toMap(0);
    return new ScheduledMessage(id, due, Instant.ofEpochMilli(since), byName);
  }

  private static Instant due(@Nullable Object score) {
    double millis =
        score instanceof Double number
            ? number
            : Double.parseDouble(Replies.text(score).replace("inf", "Infinity"));
    return Instant.ofEpochMilli((long) millis);
  }

  // Bytes and characters one to one, so that no id is changed by being read.
  private static ScheduledId id(@Nullable Object member) {
    return new ScheduledId(new String(Replies.bytes(member), ISO_8859_1));
  }

  private static byte[] bytes(ScheduledId id) {
    return id.value().getBytes(ISO_8859_1);
  }
}
