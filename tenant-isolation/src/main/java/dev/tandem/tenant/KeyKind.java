package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a key of a tenant is for, as far as its name tells.
 *
 * <p>Thread safety: immutable.
 */
public enum KeyKind {
  /** A stream of messages. Names: topic. */
  STREAM("stream:@"),
  /** The dead letters of a group. Names: topic, group. */
  DEAD_LETTERS("stream:@:group:@:dead"),
  /** The dead letters that are to be handled again. Names: topic, group. */
  REPLAYED("stream:@:group:@:replay"),
  /** What else a group keeps: who waits, claims, turns, receipts. Names: topic, group. */
  GROUP("stream:@:group:@:.+"),
  /** When messages are to be appended that wait for it. Names: topic. */
  SCHEDULE("stream:@:scheduled"),
  /** What those messages hold, and which were appended lately. Names: topic. */
  SCHEDULED("stream:@:scheduled:(?:messages|recent)"),
  /** What an idempotent producer did last. Names: topic. */
  PRODUCER("stream:@:producer:.+"),
  /** What trimming has removed, and whose turn it is. Names: topic. */
  TRIMMING("stream:@:trim(?::turn)?"),
  /** What processes may append to a stream under a quota. Names: topic. */
  STREAM_QUOTA("stream:@:quota"),
  /** All events of a category. Names: category. */
  EVENTS("events:@"),
  /** The events of an aggregate, which its category has too. Names: category, encoded id. */
  AGGREGATE("events:@:aggregate:#"),
  /** The version, and the snapshot, of an aggregate. Names: category, encoded id. */
  AGGREGATE_STATE("events:@:aggregate:#:(?:meta|snapshot)"),
  /** Position, view and skipped events of a projection. Names: category, projection. */
  PROJECTION("events:@:projection:@(?::(?:view|skipped))?"),
  /** What can be recovered of a live channel. Names: channel. */
  CHANNEL_BUFFER("channel:@:buffer"),
  /** Where a live channel stands. Names: channel. */
  CHANNEL_HEAD("channel:@:meta"),
  /** What a publisher to a live channel did last. Names: channel. */
  CHANNEL_PUBLISHER("channel:@:publisher:.+"),
  /** The names of the live channels. */
  CHANNEL_INDEX("channels"),
  /** What a hybrid publisher did last. */
  PUBLISHER("publisher:.+"),
  /** What transactional handlers keep. Names: state. */
  STATE("state:@"),
  /** The tenant's quotas, and what of them is used. */
  QUOTA("quota(?::(?:rate|channels|subscriptions))?"),
  /** Nothing that this version knows: from another version, or not from Tandem. */
  OTHER("(?s:.*)");

  private final Pattern form;

  KeyKind(String form) {
    this.form =
        Pattern.compile(
            form.replace("@", "([A-Za-z0-9._-]{1,128})").replace("#", "([A-Za-z0-9._@+%-]+)"));
  }

  /** What a key is whose name goes on like this behind the tenant's prefix and its colon. */
  static TenantKey read(RedisKey key, String rest) {
    for (KeyKind kind : values()) {
      List<String> names = kind.names(rest);
      if (names != null) {
        return new TenantKey(key, kind, names);
      }
    }
    return new TenantKey(key, OTHER, List.of());
  }

  private @Nullable List<String> names(String rest) {
    Matcher matcher = form.matcher(rest);
    return matcher.matches()
        ? IntStream.rangeClosed(1, matcher.groupCount()).mapToObj(matcher::group).toList()
        : null;
  }
}
