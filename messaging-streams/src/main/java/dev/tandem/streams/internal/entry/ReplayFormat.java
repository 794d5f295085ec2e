package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.util.Arrays;
import java.util.List;

/**
 * How a replayed dead letter is stored in the replay stream of its group: first {@code original_id,
 * original_stream, replays}, then the fields of the original entry in the form that {@link
 * DeadLetterFormat} keeps them in.
 */
public final class ReplayFormat {
  private static final byte[] ORIGINAL_ID = "original_id".getBytes(UTF_8);
  private static final byte[] ORIGINAL_STREAM = "original_stream".getBytes(UTF_8);
  private static final byte[] REPLAYS = "replays".getBytes(UTF_8);

  /** Where the names and values of the original entry begin. */
  private static final int FIRST_ORIGINAL = 6;

  private ReplayFormat() {}

  /**
   * A replayed message.
   *
   * @param id the id of the entry in the replay stream, which it is acknowledged by
   * @param replays how often the message was replayed, this time included
   * @param original the entry as it was in the stream it came from, with its id there
   */
  public record Replayed(EntryId id, long replays, RawEntry original) {}

  /**
   * Reads an entry of a replay stream. One that somebody else wrote there counts as a message of
   * its own that was never replayed, with its fields as they are.
   */
  public static Replayed read(RawEntry entry) {
    List<byte[]> fields = entry.fields();
    if (fields.size() < FIRST_ORIGINAL
        || !Arrays.equals(fields.get(0), ORIGINAL_ID)
        || !Arrays.equals(fields.get(2), ORIGINAL_STREAM)
        || !Arrays.equals(fields.get(4), REPLAYS)) {
      return new Replayed(entry.id(), 0, entry);
    }
    RawEntry original =
        new RawEntry(
            originalId(entry),
            DeadLetterFormat.originalFields(fields.subList(FIRST_ORIGINAL, fields.size())));
    return new Replayed(
        entry.id(), DeadLetterFormat.number(DeadLetterFormat.text(fields.get(5))), original);
  }

  // The id of a dead letter that somebody else wrote may be anything.
  private static EntryId originalId(RawEntry entry) {
    try {
      return EntryId.parse(new String(entry.fields().get(1), UTF_8));
    } catch (InvalidValueException e) {
      return entry.id();
    }
  }
}
