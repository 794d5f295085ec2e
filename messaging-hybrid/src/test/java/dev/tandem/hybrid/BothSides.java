package dev.tandem.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.hybrid.internal.wire.PositionsField;
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

  /** Version to message id on the one channel, as the stream's entries tell it. */
  Map<Long, String> versionsInStream(String topic) {
    Map<Long, String> versions = new LinkedHashMap<>();
    positionsInStream(topic)
        .forEach(
            (id, positions) -> {
              assertThat(positions.byChannel()).hasSize(1);
              positions.byChannel().values().forEach(at -> versions.put(at.version(), id));
            });
    return versions;
  }

  /** Message id to its positions, as the stream's entries tell it. */
  Map<String, Positions> positionsInStream(String topic) {
    Map<String, Positions> positions = new LinkedHashMap<>();
    stream(topic)
        .forEach(
            (id, fields) ->
                positions.put(
                    id, PositionsField.parse(Objects.requireNonNull(fields.get("positions")))));
    return positions;
  }

  /** The payloads in a stream, in order. */
  List<String> payloads(String topic) {
    return stream(topic).values().stream()
        .map(fields -> Objects.requireNonNull(fields.get("data")))
        .toList();
  }

  List<Frame> frames(String channel) {
    List<Frame> frames = new ArrayList<>();
    for (Object entry :
        list(redis.execute("XRANGE", prefix + ":channel:" + channel + ":buffer", "-", "+"))) {
      Object member = list(list(entry).get(1)).get(1);
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
