package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The id of a stream entry: milliseconds and a number within them, both unsigned.
 *
 * @param millis the milliseconds part
 * @param sequence the number within the millisecond
 */
public record EntryId(long millis, long sequence) implements Comparable<EntryId> {
  /** Before every entry. */
  public static final EntryId NONE = new EntryId(0, 0);

  /** So many decimal digits always fit into a long. */
  private static final int SAFE_DIGITS = 18;

  /** Odd and large: ids that are near to each other come to lie far apart. */
  private static final long SPREADING = 0x9E3779B97F4A7C15L;

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

  /** Reads an id as the server writes it. */
  public static EntryId parse(byte[] text) {
    int dash = 0;
    while (dash < text.length && text[dash] != '-') {
      dash++;
    }
    long millis = number(text, 0, dash);
    long sequence = number(text, dash + 1, text.length);
    return millis < 0 || sequence < 0
        ? parse(new String(text, UTF_8))
        : new EntryId(millis, sequence);
  }

  /** The number from here to there, or -1 if it is none or long enough to overflow. */
  private static long number(byte[] text, int from, int to) {
    if (from >= to || to - from > SAFE_DIGITS) {
      return -1;
    }
    long number = 0;
    for (int i = from; i < to; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }

  /** The id as it goes over the wire. */
  public byte[] toBytes() {
    if (millis < 0 || sequence < 0) {
      return toString().getBytes(ISO_8859_1); // beyond what is signed
    }
    int dash = digits(millis);
    byte[] text = new byte[dash + 1 + digits(sequence)];
    write(text, dash, millis);
    text[dash] = '-';
    write(text, text.length, sequence);
    return text;
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  private static void write(byte[] text, int end, long number) {
    int at = end;
    long rest = number;
    do {
      text[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
  }

  // Ids are hashed and compared several times for each message that is handled.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EntryId id && millis == id.millis && sequence == id.sequence;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(millis * SPREADING + sequence);
  }

  /** The id right behind it. */
  public EntryId next() {
    return sequence == -1 ? new EntryId(millis + 1, 0) : new EntryId(millis, sequence + 1);
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
