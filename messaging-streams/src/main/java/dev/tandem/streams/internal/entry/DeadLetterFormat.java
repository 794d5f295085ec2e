package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a dead letter is stored: first {@code original_stream, original_id, original_group, reason,
 * moved_at, deliveries, consumer, exception, replays}, then each field of the original entry, its
 * name prefixed with {@value #ORIGINAL}, so that no original field can pass for one of ours. An
 * entry of more fields than a script can pass on keeps them in the one field {@value #PACKED}
 * instead, as in {@link PackedFields}.
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
    return new DeadLetter(
        MessageId.of(entry.id().toString()),
        originalId(ours.get("original_id")),
        reason(text(ours.get("reason"))),
        number(text(ours.get("deliveries"))),
        number(text(ours.get("replays"))),
        text(ours.get("consumer")),
        text(ours.get("exception")),
        Instant.ofEpochMilli(number(text(ours.get("moved_at")))),
        new RawEntry(entry.id(), originalFields(entry.fields())).toMap(0));
  }

  /** The original entry's fields among those of a dead letter or a replay entry, in order. */
  static List<byte[]> originalFields(List<byte[]> stored) {
    List<byte[]> fields = new ArrayList<>();
    for (int i = 0; i + 1 < stored.size(); i += 2) {
      String name = text(stored.get(i));
      byte[] value = stored.get(i + 1);
      if (name.startsWith(ORIGINAL)) {
        fields.add(withoutPrefix(stored.get(i)));
        fields.add(value);
      } else if (name.equals(PACKED)) {
        fields.addAll(PackedFields.unpack(value));
      }
    }
    return fields;
  }

  /** What is kept of an error: its class and message, shortened. */
  public static String describe(Throwable error) {
    String text = error.toString();
    return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR - 1) + "…";
  }

  // The prefix is ASCII, so as many bytes as characters.
  private static byte[] withoutPrefix(byte[] name) {
    return Arrays.copyOfRange(name, ORIGINAL.length(), name.length);
  }

  // Anybody may have written to the stream of dead letters: what is no id must not hide the others.
  private static MessageId originalId(byte @Nullable [] value) {
    try {
      return MessageId.of(text(value));
    } catch (InvalidValueException e) {
      return MessageId.of(EntryId.NONE.toString());
    }
  }

  private static DeadLetterReason reason(String name) {
    for (DeadLetterReason reason : DeadLetterReason.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    return DeadLetterReason.REJECTED;
  }

  static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  static String text(byte @Nullable [] value) {
    return value == null ? "" : new String(value, UTF_8);
  }
}
