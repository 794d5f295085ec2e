package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.error.InvalidValueException;
import java.util.Arrays;
import java.util.Base64;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Writes JSON in UTF-8 into bytes of about the size that is needed.
 *
 * <p>Thread safety: none.
 */
final class JsonBytes {
  /** So many times smaller than the text is the room that may stay behind it. */
  private static final int MOST_ROOM_LEFT = 4;

  private byte[] bytes;
  private int size;

  /** With room for these many bytes; more is made if it is needed. */
  JsonBytes(int room) {
    this.bytes = new byte[room];
  }

  /** What was written, and perhaps a little room behind it. */
  byte[] array() {
    return bytes.length - size <= size / MOST_ROOM_LEFT ? bytes : toBytes();
  }

  /** What was written. */
  byte[] toBytes() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  /** How many bytes were written so far. */
  int size() {
    return size;
  }

  JsonBytes add(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, size, more.length);
    size += more.length;
    return this;
  }

  JsonBytes add(char ascii) {
    reserve(1);
    bytes[size++] = (byte) ascii;
    return this;
  }

  /** Adds a text in quotes. */
  JsonBytes quoted(String what, String text) {
    add('"');
    if (!addPlain(text)) {
      try {
        add(JsonStringEncoder.getInstance().quoteAsUTF8(text));
      } catch (IllegalArgumentException e) {
        throw new InvalidValueException(
            what, text, "must be valid Unicode (no lone surrogates)", e);
      }
    }
    return add('"');
  }

  /** Adds a text that needs no escapes; false, and nothing is added, if it does. */
  private boolean addPlain(String text) {
    int length = text.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        return false;
      }
      bytes[size + i] = (byte) c;
    }
    size += length;
    return true;
  }

  /** Adds bytes in Base64. */
  JsonBytes base64(byte[] binary) {
    return add(Base64.getEncoder().encode(binary));
  }

  /**
   * Adds a payload that is text of at most so many bytes; false, and adds nothing, if it is not.
   */
  boolean addText(byte[] payload, int mostBytes) {
    int room = Math.min(mostBytes, bytes.length - size);
    int end = PayloadText.encode(payload, bytes, size, size + room);
    if (end == PayloadText.NO_TEXT && room < mostBytes) {
      reserve(mostBytes);
      end = PayloadText.encode(payload, bytes, size, size + mostBytes);
    }
    if (end == PayloadText.NO_TEXT) {
      return false;
    }
    size = end;
    return true;
  }

  private void reserve(int more) {
    if (more > bytes.length - size) {
      bytes =
          Arrays.copyOf(
              bytes, Math.max(Math.addExact(size, more), bytes.length + bytes.length / 2));
    }
  }
}
