package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;

/**
 * Base64 (RFC 4648, padded) straight into and out of the middle of other bytes, which Java's own
 * does not do without copies.
 */
final class Base64Text {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int LOW_12 = 0xfff;
  private static final byte[] DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".getBytes(US_ASCII);

  /** Two digits for each 12 bits. */
  private static final char[] PAIRS = new char[1 << 12];

  /** What a digit stands for as the first to the fourth of four; -1 for other bytes. */
  private static final int[] FIRST = values(18);

  private static final int[] SECOND = values(12);
  private static final int[] THIRD = values(6);
  private static final int[] FOURTH = values(0);

  static {
    for (int i = 0; i < PAIRS.length; i++) {
      PAIRS[i] = (char) (DIGITS[i >> 6] << 8 | DIGITS[i & 63]);
    }
  }

  private static int[] values(int shift) {
    int[] values = new int[256];
    Arrays.fill(values, -1);
    for (int i = 0; i < DIGITS.length; i++) {
      values[DIGITS[i]] = i << shift;
    }
    return values;
  }

  private Base64Text() {}

  /** How many digits these many bytes take. */
  static int length(int bytes) {
    return Math.multiplyExact((bytes + 2) / 3, 4);
  }

  /** Writes the digits of all bytes to this place; returns the place behind them. */
  static int encode(byte[] source, byte[] target, int place) {
    int to = place;
    int from = 0;
    for (; from + Long.BYTES <= source.length; from += 6) {
      long bits = (long) WORDS.get(source, from); // of which 48 count
      long digits =
          (long) PAIRS[(int) (bits >>> 52)] << 48
              | (long) PAIRS[(int) (bits >>> 40) & LOW_12] << 32
              | (long) PAIRS[(int) (bits >>> 28) & LOW_12] << 16
              | PAIRS[(int) (bits >>> 16) & LOW_12];
      WORDS.set(target, to, digits);
      to += Long.BYTES;
    }
    for (; from + 2 < source.length; from += 3) {
      int bits =
          (source[from] & 0xff) << 16 | (source[from + 1] & 0xff) << 8 | (source[from + 2] & 0xff);
      to = put(PAIRS[bits & LOW_12], target, put(PAIRS[bits >>> 12], target, to));
    }
    int left = source.length - from;
    if (left > 0) {
      int bits = (source[from] & 0xff) << 16 | (left == 2 ? (source[from + 1] & 0xff) << 8 : 0);
      to = put(PAIRS[bits >>> 12], target, to);
      target[to] = left == 2 ? DIGITS[bits >> 6 & 63] : (byte) '=';
      target[to + 1] = '=';
      to += 2;
    }
    return to;
  }

  private static int put(char pair, byte[] target, int place) {
    target[place] = (byte) (pair >> 8);
    target[place + 1] = (byte) pair;
    return place + 2;
  }

  /**
   * The bytes whose digits stand here.
   *
   * @throws IllegalArgumentException if they are none
   */
  static byte[] decode(byte[] source, int from, int to) {
    int whole = from + (to - from) / 4 * 4;
    if (whole == to && to > from && source[to - 1] == '=') {
      whole -= 4;
    }
    byte[] decoded = new byte[(whole - from) / 4 * 3 + (to == whole ? 0 : tail(source, whole, to))];
    int seen = 0; // negative as soon as one of them was no digit
    int place = 0;
    int i = from;
    int words = Math.floorDiv(decoded.length - Long.BYTES, 6); // before the last that has room
    int last = Math.min(whole - Long.BYTES, from + words * Long.BYTES);
    for (; i <= last; i += Long.BYTES) {
      long digits = (long) WORDS.get(source, i);
      int high = bits((int) (digits >>> 32));
      int low = bits((int) digits);
      seen |= high | low;
      WORDS.set(decoded, place, (long) high << 40 | (long) low << 16);
      place += 6;
    }
    for (; i < whole; i += 4) {
      int bits =
          FIRST[source[i] & 0xff]
              | SECOND[source[i + 1] & 0xff]
              | THIRD[source[i + 2] & 0xff]
              | FOURTH[source[i + 3] & 0xff];
      seen |= bits;
      decoded[place] = (byte) (bits >> 16);
      decoded[place + 1] = (byte) (bits >> 8);
      decoded[place + 2] = (byte) bits;
      place += 3;
    }
    if (seen < 0) {
      throw new IllegalArgumentException("not Base64");
    }
    if (to > whole) {
      byte[] tail = Base64.getDecoder().decode(Arrays.copyOfRange(source, whole, to));
      System.arraycopy(tail, 0, decoded, place, tail.length);
    }
    return decoded;
  }

  /** What four digits stand for; negative if one of them is none. */
  private static int bits(int digits) {
    return FIRST[digits >>> 24]
        | SECOND[digits >>> 16 & 0xff]
        | THIRD[digits >>> 8 & 0xff]
        | FOURTH[digits & 0xff];
  }

  /** How many bytes the last digits stand for, with or without padding. */
  private static int tail(byte[] source, int from, int to) {
    int digits = to - from;
    while (digits > 0 && source[from + digits - 1] == '=') {
      digits--;
    }
    return digits * 3 / 4;
  }
}
