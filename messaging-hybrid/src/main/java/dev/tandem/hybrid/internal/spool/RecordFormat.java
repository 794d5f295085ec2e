package dev.tandem.hybrid.internal.spool;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a record stands in a file: the file's mark, the record's length, its number, a CRC-32C over
 * length, number and content, and the content.
 *
 * <p>The mark is random for each file. Behind damage the next record is found by it, and that
 * search passes through what others wrote into their messages: whoever knew the mark could hide a
 * record there, for a tenant that is not theirs.
 *
 * <p>Thread safety: immutable.
 */
final class RecordFormat {
  /** The bytes before the content. */
  static final int HEAD = 24;

  private final long mark;

  RecordFormat(long mark) {
    this.mark = mark;
  }

  long mark() {
    return mark;
  }

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

  ByteBuffer written(long number, byte[] content) {
    ByteBuffer record = ByteBuffer.allocate(HEAD + content.length);
    record.putLong(mark).putInt(content.length).putLong(number);
    record.putInt(checksum(content.length, number, content, 0, content.length));
    return record.put(content).flip();
  }

  /** The record that begins there, or null if there is none, or it is not as it was written. */
  @Nullable Found readAt(byte[] bytes, int offset) {
    if (bytes.length - offset < HEAD) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, bytes.length - offset);
    if (buffer.getLong() != mark) {
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
  @Nullable Found findFrom(byte[] bytes, int offset) {
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
