package dev.tandem.hybrid.internal.subscribe;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.hybrid.internal.wire.PositionsField;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamInfo;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one stream as one channel sees it: entries that were not published to the channel do not
 * exist here. Calls block for as many round trips as there are pages of such entries.
 */
final class StreamSide<T> {
  /** The most entries read at once. */
  static final int PAGE = 256;

  private static final Logger LOG = LoggerFactory.getLogger(StreamSide.class);
  private static final byte[] POSITIONS = EntryFormat.POSITIONS.getBytes(UTF_8);

  private final RedisConnection redis;
  private final Tenant tenant;
  private final StreamTopic<T> topic;
  private final String channel;
  private final RedisKey key;
  private final SharedPages shared;
  private long since;

  StreamSide(
      RedisConnection redis,
      SharedPages shared,
      Tenant tenant,
      StreamTopic<T> topic,
      String channel) {
    this.redis = redis;
    this.shared = shared;
    this.key = KeyLayout.of(redis).stream(tenant, topic.name()).stream();
    this.tenant = tenant;
    this.topic = topic;
    this.channel = channel;
  }

  /** What is read from now on is to be younger than this call, whoever reads it. */
  void lookAnew() {
    since = shared.now();
  }

  /** The message in an entry. */
  StreamedMessage<T> message(ChannelEntry entry) {
    return new StreamedMessage<>(tenant, topic, channel, entry);
  }

  /**
   * Up to so many entries from this id on; up to {@value #PAGE} if somebody has read them
   * meanwhile.
   */
  EntryPage page(EntryId from, int count) {
    EntryPage known = shared.from(key, channel, from, since);
    if (known != null) {
      return known;
    }
    long asked = shared.now();
    EntryPage page = page("XRANGE", from.toString(), "+", count);
    shared.keep(key, channel, from, page, asked);
    return page;
  }

  /** The entry at this position, or null if nobody has read it meanwhile. */
  @Nullable EntryId known(Position at) {
    return shared.find(key, channel, at, since);
  }

  private EntryPage page(String name, String first, String second, int count) {
    Command command =
        Command.of(name).key(key).arg(first).arg(second).arg("COUNT").arg(count).repeatable();
    List<ChannelEntry> entries = new ArrayList<>();
    EntryId last = EntryId.NONE;
    long bytes = 0;
    int read = 0;
    for (Object reply : Replies.list(redis.commands().execute(command))) {
      RawEntry raw = RawEntry.of(reply);
      Position at = positionOf(raw);
      if (at != null) {
        entries.add(new ChannelEntry(raw, at));
      }
      last = raw.id();
      bytes += raw.size();
      read++;
    }
    return new EntryPage(entries, last, bytes, read < count);
  }

  private @Nullable Position positionOf(RawEntry raw) {
    byte[] value = raw.value(POSITIONS);
    if (value == null) {
      return null;
    }
    try {
      Position at = PositionsField.parse(new String(value, UTF_8)).of(channel);
      return at == null || at.version() == 0 ? null : at;
    } catch (InvalidValueException e) {
      LOG.debug("entry {} of {} has positions nobody wrote: {}", raw.id(), topic, e.getMessage());
      return null;
    }
  }

  /** The entry of this id, or null. */
  @Nullable RawEntry entry(EntryId id) {
    Command command =
        Command.of("XRANGE").key(key).arg(id.toString()).arg(id.toString()).repeatable();
    List<?> entries = Replies.list(redis.commands().execute(command));
    return entries.isEmpty() ? null : RawEntry.of(entries.get(0));
  }

  /** The same entry, if it is on the channel. */
  @Nullable ChannelEntry onChannel(@Nullable RawEntry raw) {
    Position at = raw == null ? null : positionOf(raw);
    return raw == null || at == null ? null : new ChannelEntry(raw, at);
  }

  /** The first entry from this id on, or null. */
  @Nullable ChannelEntry first(EntryId from) {
    EntryId next = from;
    int count = 1;
    while (true) {
      EntryPage page = page("XRANGE", next.toString(), "+", count);
      if (!page.entries().isEmpty()) {
        return page.entries().get(0);
      }
      if (page.atEnd()) {
        return null;
      }
      next = page.last().next();
      count = Math.min(4 * count, PAGE);
    }
  }

  /** The last entry before this id, or null. */
  @Nullable ChannelEntry last(EntryId before) {
    String next = "(" + before;
    while (true) {
      EntryPage page = page("XREVRANGE", next, "-", PAGE);
      if (!page.entries().isEmpty()) {
        return page.entries().get(0);
      }
      if (page.atEnd()) {
        return null;
      }
      next = "(" + page.last();
    }
  }

  /** Whether nothing behind this id has been trimmed, for certain. */
  boolean isWholeBehind(EntryId id) {
    if (entry(id) != null) {
      return true;
    }
    StreamInfo info = info();
    MessageId first = info.first();
    return info.lastGenerated().value().equals(id.toString())
        || (first != null && EntryId.parse(first.value()).compareTo(id) < 0); // deleted by hand
  }

  /** What the server tells of the stream. */
  StreamInfo info() {
    return StreamAdmin.of(redis).info(tenant, topic.name());
  }

  /** The server's clock, which decides what has expired. */
  Instant serverTime() {
    return redis.serverTime();
  }
}
