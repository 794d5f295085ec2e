package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/** Payloads that are text, as JSON strings: readable by people, and shorter than Base64. */
final class PayloadText {
  /** What {@link #encode} says of bytes that are no text, or a long one. */
  static final int NO_TEXT = -1;

  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final int SHORT_ESCAPE = 2;
  private static final int LONG_ESCAPE = 6;

  private PayloadText() {}

  /**
   * Writes a text to a place.
   *
   * @param limit where the room for it ends
   * @return the place behind it; or {@link #NO_TEXT} if it needs more room, or is not UTF-8
   */
  static int encode(byte[] payload, byte[] target, int place, int limit) {
    int to = place;
    int from = 0;
    while (true) {
      int end = PlainText.end(payload, from);
      if (end - from > limit - to) {
        return NO_TEXT;
      }
      System.arraycopy(payload, from, target, to, end - from);
      to += end - from;
      if (end == payload.length) {
        return to;
      }
      int taken = payload[end] < 0 ? Utf8.validLength(payload, end) : 1;
      int size = payload[end] < 0 ? taken : escapedLength(payload[end]);
      if (taken == 0 || size > limit - to) {
        return NO_TEXT;
      }
      if (size == taken) {
        System.arraycopy(payload, end, target, to, size);
      } else {
        escape(payload[end], size, target, to);
      }
      to += size;
      from = end + taken;
    }
  }

  private static int escapedLength(byte ascii) {
    return switch (ascii) {
      case PlainText.DELETE -> 1;
      case '"', '\\', '\n', '\r', '\t' -> SHORT_ESCAPE;
      default -> LONG_ESCAPE;
    };
  }

  private static void escape(byte b, int size, byte[] target, int place) {
    target[place] = '\\';
    if (size == LONG_ESCAPE) {
      target[place + 1] = 'u';
      target[place + 2] = '0';
      target[place + 3] = '0';
      target[place + 4] = HEX[b >> 4];
      target[place + 5] = HEX[b & 15];
      return;
    }
    target[place + 1] =
        switch (b) {
          case '\n' -> 'n';
          case '\r' -> 'r';
          case '\t' -> 't';
          default -> b;
        };
  }

  /** The bytes of the text that stands between these places, which were scanned before. */
  static byte[] decode(byte[] source, int from, int to) throws FrameFormatException {
    byte[] decoded = new byte[to - from];
    int size = 0;
    int at = from;
    while (true) {
      int end = PlainText.backslash(source, at, to);
      System.arraycopy(source, at, decoded, size, end - at);
      size += end - at;
      if (end == to) {
        return size == decoded.length ? decoded : Arrays.copyOf(decoded, size);
      }
      if (source[end + 1] == 'u') {
        return decodeAny(source, from, to);
      }
      decoded[size++] = JsonScanner.unescaped(source[end + 1]);
      at = end + SHORT_ESCAPE;
    }
  }

  private static byte[] decodeAny(byte[] source, int from, int to) throws FrameFormatException {
    String text = new JsonScanner(Arrays.copyOfRange(source, from - 1, to + 1), 1).text();
    try {
      ByteBuffer bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] decoded = new byte[bytes.remaining()];
      bytes.get(decoded);
      return decoded;
    } catch (CharacterCodingException e) {
      throw new FrameFormatException("half of a surrogate pair");
    }
  }
}
