package dev.tandem.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.testkit.RedisServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads by hand what lies in Redis, on both sides of a hybrid publish. */
final class BothSides {
  private final RedisServer redis;
  private final String prefix;

  BothSides(RedisServer redis, String prefix) {
    this.redis = redis;
    this.prefix = prefix;
  }

  /** Entry id to fields, in order. */
  Map<String, Map<String, String>> stream(String topic) {
    Map<String, Map<String, String>> entries = new LinkedHashMap<>();
    for (Object row : list(redis.execute("XRANGE", prefix + ":stream:" + topic, "-", "+"))) {
      List<?> fields = list(list(row).get(1));
      Map<String, String> map = new LinkedHashMap<>();
      for (int i = 0; i < fields.size(); i += 2) {
        map.put((String) fields.get(i), (String) fields.get(i + 1));
      }
      entries.put((String) list(row).get(0), map);
    }
    return entries;
  }

  /** Version to message id, in order. */
  Map<Long, String> buffer(String channel) {
    Map<Long, String> messages = new LinkedHashMap<>();
    for (Frame frame : frames(channel)) {
      for (int i = 0; i < frame.messages().size(); i++) {
        Position position = Objects.requireNonNull(frame.positionOf(i));
        messages.put(position.version(), frame.messages().get(i).id().value());
      }
    }
    return messages;
  }

  /** Version to message id, as the stream's entries tell it. */
  Map<Long, String> versionsInStream(String topic) {
    Map<Long, String> versions = new LinkedHashMap<>();
    stream(topic)
        .forEach(
            (id, fields) ->
                versions.put(Long.parseLong(Objects.requireNonNull(fields.get("version"))), id));
    return versions;
  }

  List<Frame> frames(String channel) {
    List<Frame> frames = new ArrayList<>();
    for (Object member :
        list(redis.execute("ZRANGE", prefix + ":channel:" + channel + ":buffer", "0", "-1"))) {
      try {
        frames.add(FrameParser.parse(((String) member).getBytes(UTF_8)));
      } catch (FrameFormatException e) {
        throw new AssertionError("not a frame: " + member, e);
      }
    }
    return frames;
  }

  private static List<?> list(@Nullable Object reply) {
    return (List<?>) Objects.requireNonNull(reply);
  }
}
