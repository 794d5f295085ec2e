package dev.tandem.streams.internal.entry;

import dev.tandem.api.error.InvalidValueException;
import java.time.Instant;

/**
 * The id of a stream entry: milliseconds and a number within them, both unsigned.
 *
 * @param millis the milliseconds part
 * @param sequence the number within the millisecond
 */
public record EntryId(long millis, long sequence) implements Comparable<EntryId> {
  /** Before every entry. */
  public static final EntryId NONE = new EntryId(0, 0);

  /** Reads {@code 1526919030474-55}. */
  public static EntryId parse(String text) {
    int dash = text.indexOf('-');
    try {
      return dash < 0
          ? new EntryId(Long.parseUnsignedLong(text), 0)
          : new EntryId(
              Long.parseUnsignedLong(text.substring(0, dash)),
              Long.parseUnsignedLong(text.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new InvalidValueException(
          "stream entry id", text, "must be <milliseconds>-<number>", e);
    }
  }

  /** When the entry was appended, as far as its id tells. */
  public Instant time() {
    return Instant.ofEpochMilli(millis);
  }

  @Override
  public int compareTo(EntryId other) {
    int byTime = Long.compareUnsigned(millis, other.millis);
    return byTime != 0 ? byTime : Long.compareUnsigned(sequence, other.sequence);
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(millis) + '-' + Long.toUnsignedString(sequence);
  }
}
