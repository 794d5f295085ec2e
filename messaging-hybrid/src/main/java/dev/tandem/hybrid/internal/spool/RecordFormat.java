package dev.tandem.hybrid.internal.spool;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a record stands in a file: a mark, its length, its number, a CRC-32C over length, number and
 * content, and the content.
 */
final class RecordFormat {
  /** The bytes before the content. */
  static final int HEAD = 20;

  private static final int MARK = 0x7a54_5370; // "zTSp"

  private RecordFormat() {}

  /** A record that was read. Thread safety: immutable; the content is not to be changed. */
  static final class Found {
    private final long number;
    private final int offset;
    private final byte[] content;

    Found(long number, int offset, byte[] content) {
      this.number = number;
      this.offset = offset;
      this.content = content;
    }

    long number() {
      return number;
    }

    /** Where it begins. */
    int offset() {
      return offset;
    }

    byte[] content() {
      return content;
    }

    int end() {
      return offset + HEAD + content.length;
    }
  }

  static ByteBuffer written(long number, byte[] content) {
    ByteBuffer record = ByteBuffer.allocate(HEAD + content.length);
    record.putInt(MARK).putInt(content.length).putLong(number);
    record.putInt(checksum(content.length, number, content, 0, content.length));
    return record.put(content).flip();
  }

  /** The record that begins there, or null if there is none, or it is not as it was written. */
  static @Nullable Found readAt(byte[] bytes, int offset) {
    if (bytes.length - offset < HEAD) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, bytes.length - offset);
    if (buffer.getInt() != MARK) {
      return null;
    }
    int length = buffer.getInt();
    long number = buffer.getLong();
    int checksum = buffer.getInt();
    if (length < 0 || length > buffer.remaining() || number <= 0) {
      return null;
    }
    if (checksum != checksum(length, number, bytes, offset + HEAD, length)) {
      return null;
    }
    byte[] content = new byte[length];
    buffer.get(content);
    return new Found(number, offset, content);
  }

  /** The first record that begins there or later, or null. */
  static @Nullable Found findFrom(byte[] bytes, int offset) {
    for (int at = offset; at <= bytes.length - HEAD; at++) {
      Found found = readAt(bytes, at);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static int checksum(int length, long number, byte[] bytes, int offset, int count) {
    CRC32C sum = new CRC32C();
    sum.update(
        ByteBuffer.allocate(Integer.BYTES + Long.BYTES).putInt(length).putLong(number).flip());
    sum.update(bytes, offset, count);
    return (int) sum.getValue();
  }
}
