package dev.tandem.streams.internal.export;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.ScheduledId;
import dev.tandem.streams.ScheduledMessage;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.schedule.ScheduleStore;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.KeyWalk;
import dev.tandem.tenant.KeyWalk.Part;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the streams of a tenant for an export, each up to the end that it had when its turn came;
 * changes nothing.
 *
 * <p>Thread safety: as that of the serdes.
 */
public final class ExportReader implements KeyWalk.Reader {
  /** What moves while it runs comes by here before it comes to where it moves to. */
  public static final List<Set<KeyKind>> PHASES =
      List.of(
          Set.of(KeyKind.SCHEDULE),
          Set.of(KeyKind.STREAM, KeyKind.EVENTS),
          Set.of(KeyKind.REPLAYED),
          Set.of(KeyKind.DEAD_LETTERS));

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final Tenant tenant;
  private final EntryLines lines;

  /** A reader that reads payloads by these serdes, and leaves others as they are. */
  public ExportReader(
      RedisConnection redis,
      Tenant tenant,
      Map<String, Serde<?>> topics,
      Map<String, Serde<?>> categories) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.tenant = tenant;
    this.lines = new EntryLines(tenant, topics, categories);
  }

  @Override
  public Part read(TenantKey key, String after, String until, int limit) {
    try {
      return key.kind() == KeyKind.SCHEDULE
          ? scheduled(key, after, limit)
          : entries(key, after, until, limit);
    } catch (ServerErrorException e) {
      if (e.code() != ErrorCode.WRONG_TYPE) {
        throw e;
      }
      return new Part(List.of(lines.unreadable(key)), "", "", true);
    }
  }

  private Part entries(TenantKey key, String after, String until, int limit) {
    String end = until;
    if (end.isEmpty()) {
      List<RawEntry> newest = range("XREVRANGE", key, "+", "-", 1);
      if (newest.isEmpty()) {
        return Part.none();
      }
      end = newest.get(0).id().toString();
    }
    List<RawEntry> found = range("XRANGE", key, after.isEmpty() ? "-" : "(" + after, end, limit);
    if (found.isEmpty()) {
      return Part.none();
    }
    String last = found.get(found.size() - 1).id().toString();
    return new Part(
        found.stream().map(entry -> lines.entry(key, entry)).toList(),
        last,
        end,
        found.size() < limit || last.equals(end));
  }

  private List<RawEntry> range(String command, TenantKey key, String from, String to, int count) {
    Command range =
        Command.of(command).key(key.key()).arg(from).arg(to).arg("COUNT").arg(count).repeatable();
    return Replies.list(redis.commands().execute(range)).stream().map(RawEntry::of).toList();
  }

  private Part scheduled(TenantKey key, String after, int limit) {
    ScheduleStore store = new ScheduleStore(redis, layout.stream(tenant, key.names().get(0)));
    List<ScheduledMessage> found = store.list(after.isEmpty() ? null : place(after), limit);
    if (found.isEmpty()) {
      return Part.none();
    }
    ScheduledMessage last = found.get(found.size() - 1);
    return new Part(
        found.stream().map(message -> lines.scheduled(key, message)).toList(),
        last.dueAt().toEpochMilli() + " " + last.id().value(),
        "",
        found.size() < limit);
  }

  private static ScheduledMessage place(String after) {
    int space = after.indexOf(' ');
    try {
      return new ScheduledMessage(
          ScheduledId.of(after.substring(space + 1)),
          Instant.ofEpochMilli(Long.parseLong(after.substring(0, Math.max(space, 0)))),
          Instant.EPOCH,
          Map.of());
    } catch (NumberFormatException e) {
      throw new InvalidValueException("export cursor", after, "must be of scheduled messages", e);
    }
  }
}
