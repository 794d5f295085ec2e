package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.MessageId;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a dead letter is stored: first {@code original_stream, original_id, original_group, reason,
 * moved_at, deliveries, consumer, exception}, then each field of the original entry, its name
 * prefixed with {@value #ORIGINAL}, so that no original field can pass for one of ours. An entry of
 * more fields than a script can pass on keeps them in the one field {@value #PACKED} instead, names
 * and values in turn, each as {@code <length>:<bytes>}.
 */
public final class DeadLetterFormat {
  /** What the names of the original entry's fields are prefixed with. */
  public static final String ORIGINAL = "field:";

  /** The field that holds the fields of a very wide entry. */
  public static final String PACKED = "packed_fields";

  /** The longest text about an error that is kept, in characters. */
  public static final int LONGEST_ERROR = 2_000;

  private DeadLetterFormat() {}

  /** Reads a dead letter; what is missing or unknown is filled with what says least. */
  public static DeadLetter read(RawEntry entry) {
    Map<String, byte[]> ours = entry.toMap(0);
    Map<String, byte[]> fields = new LinkedHashMap<>();
    ours.forEach(
        (name, value) -> {
          if (name.startsWith(ORIGINAL)) {
            fields.put(name.substring(ORIGINAL.length()), value);
          }
        });
    byte[] packed = ours.get(PACKED);
    if (packed != null) {
      fields.putAll(new RawEntry(entry.id(), unpack(packed)).toMap(0));
    }
    String originalId = text(ours.get("original_id"));
    return new DeadLetter(
        MessageId.of(entry.id().toString()),
        MessageId.of(originalId.isEmpty() ? "0-0" : originalId),
        reason(text(ours.get("reason"))),
        number(text(ours.get("deliveries"))),
        text(ours.get("consumer")),
        text(ours.get("exception")),
        Instant.ofEpochMilli(number(text(ours.get("moved_at")))),
        fields);
  }

  /** What is kept of an error: its class and message, shortened. */
  public static String describe(Throwable error) {
    String text = error.toString();
    return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR - 1) + "…";
  }

  private static List<byte[]> unpack(byte[] packed) {
    List<byte[]> parts = new ArrayList<>();
    int at = 0;
    while (at < packed.length) {
      int length = 0;
      while (at < packed.length && packed[at] != ':') {
        length = 10 * length + packed[at++] - '0';
      }
      int from = Math.min(at + 1, packed.length);
      int to = (int) Math.min((long) from + Math.max(0, length), packed.length);
      parts.add(Arrays.copyOfRange(packed, from, to));
      at = to;
    }
    return parts;
  }

  private static DeadLetterReason reason(String name) {
    for (DeadLetterReason reason : DeadLetterReason.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    return DeadLetterReason.REJECTED;
  }

  private static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "" : new String(value, UTF_8);
  }
}
