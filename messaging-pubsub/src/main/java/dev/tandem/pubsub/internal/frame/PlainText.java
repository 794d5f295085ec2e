package dev.tandem.pubsub.internal.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds where the printable ASCII of a JSON text ends, eight bytes at a time. */
final class PlainText {
  static final int DELETE = 0x7f;

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = ONES << 7;

  private PlainText() {}

  /** Where the next byte is that is a quote, a backslash, a control or not ASCII; or the end. */
  static int end(byte[] bytes, int start) {
    int i = start;
    for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORDS.get(bytes, i);
      long found =
          (word
                  | below(word, ' ')
                  | zeros(word ^ ONES * '"')
                  | zeros(word ^ ONES * '\\')
                  | (word + ONES)) // DELETE has a high bit then
              & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < bytes.length
        && bytes[i] >= ' '
        && bytes[i] != '"'
        && bytes[i] != '\\'
        && bytes[i] != DELETE) {
      i++;
    }
    return i;
  }

  /** Where the next backslash is, or the end. */
  static int backslash(byte[] bytes, int start, int end) {
    int i = start;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      long found = zeros((long) WORDS.get(bytes, i) ^ ONES * '\\') & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < end && bytes[i] != '\\') {
      i++;
    }
    return i;
  }

  /** A high bit in the first byte that is zero, and perhaps in later ones. */
  private static long zeros(long word) {
    return (word - ONES) & ~word;
  }

  /** A high bit in the first byte that is smaller than this, and perhaps in later ones. */
  private static long below(long word, int limit) {
    return (word - ONES * limit) & ~word;
  }
}
