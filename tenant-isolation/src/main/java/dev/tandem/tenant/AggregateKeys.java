package dev.tandem.tenant;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.command.RedisKey;

/**
 * The keys of one aggregate.
 *
 * <p>Ids of aggregates are users' data, such as UUIDs or mail addresses: any text of 1 to {@value
 * #MAX_ID} characters without controls. In a key, the bytes of its UTF-8 form stand as they are if
 * they are ASCII letters, digits or one of {@code - _ . @ +}, and as {@code %XX} otherwise. So two
 * ids never share a key, and no id can leave its place in a key or act as a pattern. Ids are
 * compared as they are: case counts, and nothing is normalised.
 *
 * <p>Thread safety: immutable.
 */
public final class AggregateKeys {
  /** The longest id, in characters. */
  public static final int MAX_ID = 256;

  private static final String PLAIN = "-_.@+";
  private static final String HEX = "0123456789ABCDEF";

  private final String id;
  private final RedisKey stream;
  private final RedisKey meta;
  private final RedisKey snapshot;

  AggregateKeys(RedisKey category, String id) {
    this.id = Require.text("aggregate id", id, 1, MAX_ID);
    this.stream = RedisKey.of(category.text() + ":aggregate:" + encoded(id));
    this.meta = RedisKey.of(stream.text() + ":meta");
    this.snapshot = RedisKey.of(stream.text() + ":snapshot");
  }

  /** The aggregate's id as it was given. */
  public String id() {
    return id;
  }

  /** The stream of the aggregate's events. */
  public RedisKey stream() {
    return stream;
  }

  /** The hash of the aggregate's version and latest commands; outlives the aggregate. */
  public RedisKey meta() {
    return meta;
  }

  /** The hash of the aggregate's latest snapshot. */
  public RedisKey snapshot() {
    return snapshot;
  }

  @Override
  public String toString() {
    return stream.text();
  }

  private static String encoded(String id) {
    StringBuilder text = new StringBuilder(id.length() + 16);
    for (byte b : id.getBytes(UTF_8)) {
      char c = (char) (b & 0xff);
      if (isPlain(c)) {
        text.append(c);
      } else {
        text.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
      }
    }
    return text.toString();
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || PLAIN.indexOf(c) >= 0;
  }
}
