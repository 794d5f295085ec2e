package dev.tandem.pubsub.internal.export;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.export.internal.ExportLine;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameMessage;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.KeyWalk;
import dev.tandem.tenant.KeyWalk.Part;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the buffers of a tenant's channels for an export, each up to the end that it had when its
 * turn came; changes nothing, not even how long they are kept.
 *
 * <p>Where the epoch has changed since the page before, the log was lost and begun anew, and is
 * read from its beginning.
 *
 * <p>Thread safety: as that of the serdes.
 */
public final class BufferReader implements KeyWalk.Reader {
  /** What is read. */
  public static final List<Set<KeyKind>> PHASES = List.of(Set.of(KeyKind.CHANNEL_BUFFER));

  /** How many frames are read at a time; each holds up to 256 KiB, mostly. */
  private static final int MOST_FRAMES = 16;

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final Tenant tenant;
  private final Map<String, Serde<?>> channels;

  /** A reader that reads payloads by these serdes, and leaves others as they are. */
  public BufferReader(RedisConnection redis, Tenant tenant, Map<String, Serde<?>> channels) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.tenant = tenant;
    this.channels = Map.copyOf(channels);
  }

  @Override
  public Part read(TenantKey key, String after, String until, int limit) {
    try {
      return frames(key, after, until, limit);
    } catch (ServerErrorException e) {
      if (e.code() != ErrorCode.WRONG_TYPE) {
        throw e;
      }
      return new Part(List.of(unreadable(key, Map.of(), "the key is no buffer")), "", "", true);
    }
  }

  private Part frames(TenantKey key, String after, String until, int limit) {
    String epoch = epoch(key);
    Place from = Place.parse(after);
    Place end = Place.parse(until);
    if (end == null || !end.epoch().equals(epoch)) {
      from = null;
      end = newest(key, epoch);
    }
    if (end == null) {
      return Part.none();
    }
    long seen = from == null ? 0 : from.version();
    int count = Math.min(MOST_FRAMES, limit);
    List<Stored> found = range(key, seen + 1, end.version(), count);
    List<String> lines = new ArrayList<>();
    long at = seen;
    for (Stored each : found) {
      for (Line line : lines(key, each)) {
        if (line.version() <= seen) {
          continue; // of a frame that a page before ended in
        }
        if (lines.size() == limit) {
          return new Part(lines, new Place(epoch, at).toString(), end.toString(), false);
        }
        lines.add(line.text());
        at = line.version();
      }
    }
    boolean isLast = found.size() < count || at >= end.version();
    return new Part(lines, new Place(epoch, at).toString(), end.toString(), isLast);
  }

  private List<Line> lines(TenantKey key, Stored stored) {
    Frame frame = parsed(stored.frame());
    if (frame == null || !frame.isRecoverable()) {
      String text = unreadable(key, Map.of("frame", stored.frame()), "it is not a frame of a log");
      return List.of(new Line(stored.lastVersion(), text));
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < frame.messages().size(); i++) {
      lines.add(new Line(frame.firstVersion() + i, text(key, frame, i)));
    }
    return lines;
  }

  private String text(TenantKey key, Frame frame, int index) {
    FrameMessage message = frame.messages().get(index);
    long ttl = message.ttlMillis();
    return line(key)
        .id(message.id().value(), frame.timestamp())
        .detail("version", Long.toString(frame.firstVersion() + index))
        .detail("epoch", frame.epoch())
        .detail("instanceId", frame.instanceId())
        .detail("timeToLive", ttl == 0 ? "" : Duration.ofMillis(ttl).toString())
        .message(message.type(), message.key(), message.headers())
        .payload(message.payload(), channels.get(key.names().get(0)))
        .text();
  }

  private String unreadable(TenantKey key, Map<String, byte[]> fields, String error) {
    return line(key).id(key.key().text(), null).fields(fields, error).text();
  }

  private ExportLine line(TenantKey key) {
    String channel = key.names().get(0);
    return new ExportLine(tenant.name(), "channel", channel).where("channel", channel);
  }

  private static @Nullable Frame parsed(byte[] stored) {
    try {
      return FrameParser.parse(stored);
    } catch (FrameFormatException e) {
      return null;
    }
  }

  private String epoch(TenantKey key) {
    RedisKey meta = layout.channel(tenant, key.names().get(0)).meta();
    Object epoch = redis.commands().execute(Command.of("HGET").key(meta).arg("epoch").repeatable());
    return epoch == null ? "" : Replies.text(epoch);
  }

  private @Nullable Place newest(TenantKey key, String epoch) {
    Command newest =
        Command.of("XREVRANGE").key(key.key()).arg("+").arg("-").arg("COUNT").arg(1).repeatable();
    List<Stored> found = stored(newest);
    return found.isEmpty() ? null : new Place(epoch, found.get(0).lastVersion());
  }

  private List<Stored> range(TenantKey key, long from, long to, int count) {
    return stored(
        Command.of("XRANGE").key(key.key()).arg(from).arg(to).arg("COUNT").arg(count).repeatable());
  }

  private List<Stored> stored(Command command) {
    return Replies.list(redis.commands().execute(command)).stream().map(Stored::of).toList();
  }

  /**
   * An entry of a buffer.
   *
   * @param lastVersion of the frame
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  private record Stored(long lastVersion, byte[] frame) {
    static Stored of(@Nullable Object entry) {
      List<@Nullable Object> idAndFields = Replies.list(entry);
      String id = Replies.text(idAndFields.get(0));
      long version = Long.parseUnsignedLong(id.substring(0, id.indexOf('-')));
      return new Stored(
          version < 0 ? Long.MAX_VALUE : version, // that large it is nobody's version
          Replies.bytes(Replies.list(idAndFields.get(1)).get(1)));
    }
  }

  private record Line(long version, String text) {}

  /** A version of a log, as {@code <version> <epoch>}. */
  private record Place(String epoch, long version) {
    static @Nullable Place parse(String text) {
      if (text.isEmpty()) {
        return null;
      }
      int space = text.indexOf(' ');
      try {
        return new Place(
            text.substring(space + 1), Long.parseLong(text.substring(0, Math.max(space, 0))));
      } catch (NumberFormatException e) {
        throw new InvalidValueException("export cursor", text, "must be of channels", e);
      }
    }

    @Override
    public String toString() {
      return version + " " + epoch;
    }
  }
}
