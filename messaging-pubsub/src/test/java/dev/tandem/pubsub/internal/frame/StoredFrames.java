package dev.tandem.pubsub.internal.frame;

import static java.util.Objects.requireNonNull;

import dev.tandem.testkit.RedisServer;
import java.util.List;

/** What a channel's buffer holds. */
public final class StoredFrames {
  private StoredFrames() {}

  /** All frames, from the oldest on. */
  public static List<String> of(RedisServer server, String buffer) {
    return ((List<?>) requireNonNull(server.execute("XRANGE", buffer, "-", "+")))
        .stream().map(entry -> String.valueOf(((List<?>) fields(entry)).get(1))).toList();
  }

  /** The newest so many, or all; from the oldest on. */
  public static List<String> newest(RedisServer server, String buffer, int most) {
    List<String> all = of(server, buffer);
    return all.subList(Math.max(0, all.size() - most), all.size());
  }

  private static Object fields(Object entry) {
    return requireNonNull(((List<?>) entry).get(1));
  }
}
