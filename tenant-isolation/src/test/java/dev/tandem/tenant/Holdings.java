package dev.tandem.tenant;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keys of tenants for tests: every key that the layout builds, and what they hold. */
final class Holdings {
  private final RedisConnection redis;

  Holdings(RedisConnection redis) {
    this.redis = redis;
  }

  /** Every kind of key that the layout builds for a tenant. */
  static Map<RedisKey, KeyKind> all(KeyLayout layout, Tenant tenant) {
    Map<RedisKey, KeyKind> keys = new LinkedHashMap<>();
    StreamKeys stream = layout.stream(tenant, "orders");
    keys.put(stream.stream(), KeyKind.STREAM);
    keys.put(stream.scheduled(), KeyKind.SCHEDULE);
    keys.put(stream.scheduledMessages(), KeyKind.SCHEDULED);
    keys.put(stream.scheduledRecently(), KeyKind.SCHEDULED);
    keys.put(stream.trim(), KeyKind.TRIMMING);
    keys.put(stream.trimTurn(), KeyKind.TRIMMING);
    keys.put(stream.producer("p-1"), KeyKind.PRODUCER);
    keys.put(stream.quota(), KeyKind.STREAM_QUOTA);
    GroupKeys group = stream.group("billing");
    keys.put(group.dead(), KeyKind.DEAD_LETTERS);
    keys.put(group.deadTurn(), KeyKind.GROUP);
    keys.put(group.due(), KeyKind.GROUP);
    keys.put(group.sweep(), KeyKind.GROUP);
    keys.put(group.claims(), KeyKind.GROUP);
    keys.put(group.receipt("call"), KeyKind.GROUP);
    keys.put(group.replay().stream(), KeyKind.REPLAYED);
    keys.put(group.replay().due(), KeyKind.GROUP);
    keys.put(group.replay().sweep(), KeyKind.GROUP);
    ChannelKeys channel = layout.channel(tenant, "board");
    keys.put(channel.buffer(), KeyKind.CHANNEL_BUFFER);
    keys.put(channel.meta(), KeyKind.CHANNEL_HEAD);
    keys.put(channel.publisher("p-1"), KeyKind.CHANNEL_PUBLISHER);
    keys.put(channel.index(), KeyKind.CHANNEL_INDEX);
    EventKeys events = layout.events(tenant, "accounts");
    keys.put(events.category(), KeyKind.EVENTS);
    AggregateKeys aggregate = events.aggregate("a:*{x}\u00e4@b");
    keys.put(aggregate.stream(), KeyKind.AGGREGATE);
    keys.put(aggregate.meta(), KeyKind.AGGREGATE_STATE);
    keys.put(aggregate.snapshot(), KeyKind.AGGREGATE_STATE);
    ProjectionKeys projection = events.projection("balance");
    keys.put(projection.state(), KeyKind.PROJECTION);
    keys.put(projection.view(), KeyKind.PROJECTION);
    keys.put(projection.skipped(), KeyKind.PROJECTION);
    keys.put(layout.publisher(tenant, "p-1"), KeyKind.PUBLISHER);
    keys.put(layout.state(tenant, "totals"), KeyKind.STATE);
    QuotaKeys quotas = layout.quotas(tenant);
    keys.put(quotas.limits(), KeyKind.QUOTA);
    keys.put(quotas.rate(), KeyKind.QUOTA);
    keys.put(quotas.channels(), KeyKind.QUOTA);
    keys.put(quotas.subscriptions(), KeyKind.QUOTA);
    return keys;
  }

  /** Names that look like a tenant's and are not, in the plain layout. */
  static List<RedisKey> neighbours(String name) {
    List<RedisKey> keys = new ArrayList<>();
    for (String text :
        List.of(
            "tenant:" + name,
            "tenant:" + name + "2:stream:orders",
            "tenant:" + name + "-2:stream:orders",
            "tenant:" + name + ".:stream:orders",
            "tenant:{" + name + "}:stream:orders",
            "tenant:" + name.substring(0, name.length() - 1) + ":stream:orders",
            "tenant:" + name + "*:stream:orders",
            "tenant:" + name + "?:stream:orders",
            "tenant:*:stream:" + name,
            "tenant:?" + name.substring(1) + ":stream:orders",
            "tenant:[" + name + "]:stream:orders",
            "tenant:\\" + name + ":stream:orders",
            "Tenant:" + name + ":stream:orders",
            "xtenant:" + name + ":stream:orders",
            " tenant:" + name + ":stream:orders",
            "tenant:" + name + "\r\n:stream:orders",
            "tenant:" + name + "\u0000:stream:orders",
            "tenant:" + name + "\uff1astream:orders",
            "tenant:other-" + name + ":stream:tenant:" + name + ":stream:orders")) {
      keys.add(RedisKey.of(text));
    }
    byte[] notText = ("tenant:" + name + "x:stream").getBytes(UTF_8);
    notText[notText.length - 8] = (byte) 0xff; // where the colon would be
    keys.add(RedisKey.of(notText));
    return keys;
  }

  /** Puts something of one type or another under each key. */
  void fill(Iterable<RedisKey> keys) {
    List<Command> commands = new ArrayList<>();
    int i = 0;
    for (RedisKey key : keys) {
      String value = "value-" + i;
      commands.add(
          switch (i++ % 4) {
            case 0 -> Command.of("XADD").key(key).arg("*").arg("data").arg(value);
            case 1 -> Command.of("HSET").key(key).arg("field").arg(value);
            case 2 -> Command.of("ZADD").key(key).arg(i).arg(value);
            default -> Command.of("SET").key(key).arg(value);
          });
    }
    redis.commands().executeAll(commands).forEach(Replies::orThrow);
  }

  void delete(Iterable<RedisKey> keys) {
    keys.forEach(key -> redis.commands().execute(Command.of("DEL").key(key).repeatable()));
  }

  /** What is there, byte by byte; keys that are not there are left out. */
  Map<RedisKey, List<Byte>> dump(Iterable<RedisKey> keys) {
    Map<RedisKey, List<Byte>> dump = new LinkedHashMap<>();
    for (RedisKey key : keys) {
      Object found = redis.commands().execute(Command.of("DUMP").key(key).repeatable());
      if (found != null) {
        List<Byte> bytes = new ArrayList<>();
        for (byte each : Replies.bytes(found)) {
          bytes.add(each);
        }
        dump.put(key, bytes);
      }
    }
    return dump;
  }

  /** How many of these are there. */
  long count(Iterable<RedisKey> keys) {
    long count = 0;
    for (RedisKey key : keys) {
      count += Replies.number(redis.commands().execute(Command.of("EXISTS").key(key).repeatable()));
    }
    return count;
  }
}
