package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the raw replies that executors return: {@code byte[]}, {@code Long}, {@code List}, {@code
 * null}, and, in a pipeline, a {@link MessagingException} for a command that failed. Understands
 * RESP2 and RESP3 shapes of the same reply.
 */
public final class Replies {
  private static final double MOST_EXACT = 1L << 53;

  private Replies() {}

  /** The reply, or the exception that stands in its place, thrown. */
  public static @Nullable Object orThrow(@Nullable Object reply) {
    if (reply instanceof MessagingException error) {
      throw error;
    }
    return reply;
  }

  /** A reply that is text, or null. */
  public static @Nullable String textOrNull(@Nullable Object reply) {
    return reply == null ? null : text(reply);
  }

  /** A reply that is text. */
  public static String text(@Nullable Object reply) {
    if (reply instanceof byte[] bytes) {
      return new String(bytes, UTF_8);
    }
    if (reply instanceof Double number && isWhole(number)) {
      return Long.toString(number.longValue()); // as RESP2 writes it
    }
    if (reply instanceof String || reply instanceof Number || reply instanceof Boolean) {
      return reply.toString();
    }
    throw unexpected("text", reply);
  }

  /** A reply that is bytes. */
  public static byte[] bytes(@Nullable Object reply) {
    if (reply instanceof byte[] bytes) {
      return bytes;
    }
    throw unexpected("bytes", reply);
  }

  /** A reply that is a whole number, also one sent as text. */
  public static long number(@Nullable Object reply) {
    if (reply instanceof Long number) {
      return number;
    }
    if (reply instanceof Double number && isWhole(number)) {
      return number.longValue();
    }
    if (reply instanceof Boolean bool) {
      return bool ? 1 : 0;
    }
    if (reply instanceof byte[] bytes) {
      try {
        return Long.parseLong(new String(bytes, UTF_8));
      } catch (NumberFormatException e) {
        throw unexpected("a number", reply);
      }
    }
    throw unexpected("a number", reply);
  }

  /** A reply that is a list; null counts as an empty one. */
  @SuppressWarnings("unchecked") // Jedis gives no other lists than these
  public static List<@Nullable Object> list(@Nullable Object reply) {
    if (reply == null) {
      return List.of();
    }
    if (reply instanceof List<?> list) {
      return (List<@Nullable Object>) list;
    }
    throw unexpected("a list", reply);
  }

  /** A reply that is a list of bytes; not copied. Null counts as an empty one. */
  @SuppressWarnings("unchecked") // every element is looked at
  public static List<byte[]> bytesList(@Nullable Object reply) {
    List<?> list = list(reply);
    for (Object element : list) {
      bytes(element);
    }
    return (List<byte[]>) list;
  }

  /**
   * A reply that is a map, whichever way the server wrote it: flat names and values, pairs, or a
   * RESP3 map. Keys are read as text.
   */
  public static Map<String, @Nullable Object> map(@Nullable Object reply) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (Pair pair : pairs(reply)) {
      map.put(text(pair.key()), pair.value());
    }
    return map;
  }

  /** Like {@link #map}, keeping order, repeated keys and their bytes. */
  public static List<Pair> pairs(@Nullable Object reply) {
    if (reply instanceof Map<?, ?> map) {
      List<Pair> pairs = new ArrayList<>(map.size());
      map.forEach((key, value) -> pairs.add(new Pair(key, value)));
      return pairs;
    }
    List<@Nullable Object> list = list(reply);
    List<Pair> pairs = new ArrayList<>(list.size());
    int i = 0;
    while (i < list.size()) {
      Object element = list.get(i);
      if (element instanceof Map.Entry<?, ?> entry) {
        pairs.add(new Pair(entry.getKey(), entry.getValue()));
        i++;
      } else if (element instanceof List<?> two && two.size() == 2) {
        pairs.add(new Pair(two.get(0), two.get(1)));
        i++;
      } else if (i + 1 < list.size()) {
        pairs.add(new Pair(element, list.get(i + 1)));
        i += 2;
      } else {
        throw unexpected("pairs", reply);
      }
    }
    return pairs;
  }

  /**
   * One key and its value.
   *
   * @param key the raw key
   * @param value the raw value
   */
  public record Pair(@Nullable Object key, @Nullable Object value) {}

  private static boolean isWhole(double number) {
    return Math.rint(number) == number && Math.abs(number) < MOST_EXACT;
  }

  private static MessagingException unexpected(String expected, @Nullable Object reply) {
    if (reply instanceof MessagingException error) {
      return error;
    }
    return new ServerErrorException(
        ErrorCode.SERVER_ERROR,
        false,
        "the server's reply should be " + expected + " but is " + kind(reply),
        null);
  }

  private static String kind(@Nullable Object reply) {
    if (reply instanceof Throwable error) {
      return "an error: " + error.getMessage();
    }
    return reply == null ? "nil" : reply.getClass().getSimpleName();
  }
}
