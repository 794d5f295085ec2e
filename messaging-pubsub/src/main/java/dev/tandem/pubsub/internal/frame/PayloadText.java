package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/** Payloads that are text, as JSON strings: readable by people, and shorter than Base64. */
final class PayloadText {
  /** What {@link #length} says of bytes that are no text. */
  static final int NO_TEXT = -1;

  private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);
  private static final int SHORT_ESCAPE = 2;
  private static final int LONG_ESCAPE = 6;

  private PayloadText() {}

  /** How many bytes these take between the quotes, or {@link #NO_TEXT} if they are not UTF-8. */
  static int length(byte[] payload) {
    int length = payload.length;
    for (int i = PlainText.end(payload, 0); i < payload.length; i = PlainText.end(payload, i)) {
      if (payload[i] < 0) {
        int bytes = Utf8.validLength(payload, i);
        if (bytes == 0) {
          return NO_TEXT;
        }
        i += bytes;
      } else {
        length += escaped(payload[i]) - 1;
        i++;
      }
    }
    return length;
  }

  private static int escaped(byte ascii) {
    return switch (ascii) {
      case PlainText.DELETE -> 1;
      case '"', '\\', '\n', '\r', '\t' -> SHORT_ESCAPE;
      default -> LONG_ESCAPE;
    };
  }

  /** Writes a text to this place; returns the place behind it. */
  static int encode(byte[] payload, byte[] target, int place) {
    int to = place;
    int from = 0;
    while (true) {
      int end = PlainText.end(payload, from);
      System.arraycopy(payload, from, target, to, end - from);
      to += end - from;
      if (end == payload.length) {
        return to;
      }
      to = encode(payload[end], target, to);
      from = end + 1;
    }
  }

  private static int encode(byte b, byte[] target, int place) {
    int to = place;
    int size = b < 0 ? 1 : escaped(b);
    if (size == 1) {
      target[to++] = b;
      return to;
    }
    target[to++] = '\\';
    if (size == LONG_ESCAPE) {
      target[to++] = 'u';
      target[to++] = '0';
      target[to++] = '0';
      target[to++] = HEX[b >> 4];
      target[to++] = HEX[b & 15];
    } else {
      target[to++] =
          switch (b) {
            case '\n' -> 'n';
            case '\r' -> 'r';
            case '\t' -> 't';
            default -> b;
          };
    }
    return to;
  }

  /** The bytes of the text that stands between these places, which were scanned before. */
  static byte[] decode(byte[] source, int from, int to) throws FrameFormatException {
    byte[] decoded = new byte[to - from];
    int size = 0;
    int at = from;
    while (true) {
      int end = Math.min(to, PlainText.end(source, at));
      System.arraycopy(source, at, decoded, size, end - at);
      size += end - at;
      if (end == to) {
        return size == decoded.length ? decoded : Arrays.copyOf(decoded, size);
      }
      byte b = source[end];
      at = end + 1;
      if (b == '\\') {
        b = source[at++];
        if (b == 'u') {
          return decodeAny(source, from, to);
        }
        b = unescaped(b);
      }
      decoded[size++] = b;
    }
  }

  private static byte unescaped(byte kind) {
    return switch (kind) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> kind;
    };
  }

  private static byte[] decodeAny(byte[] source, int from, int to) throws FrameFormatException {
    String text = new JsonScanner(Arrays.copyOfRange(source, from - 1, to + 1), 1).text();
    try {
      ByteBuffer bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOf(bytes.array(), bytes.limit());
    } catch (CharacterCodingException e) {
      throw new FrameFormatException("half of a surrogate pair");
    }
  }
}
