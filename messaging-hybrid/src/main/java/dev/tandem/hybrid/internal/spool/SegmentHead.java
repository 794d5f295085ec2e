package dev.tandem.hybrid.internal.spool;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * How a file of records begins: a title that names the version of the format, and the file's mark,
 * twice, each time with a CRC-32C over title and mark, since without it no record can be found.
 */
final class SegmentHead {
  private static final String NAME = "TandemSpool-";
  private static final byte[] TITLE = (NAME + "2\n").getBytes(US_ASCII);
  private static final int COPY = Long.BYTES + Integer.BYTES;
  private static final int COPIES = 2;

  /** How many bytes it has. */
  static final int SIZE = TITLE.length + COPIES * COPY;

  private SegmentHead() {}

  static byte[] of(long mark) {
    ByteBuffer head = ByteBuffer.allocate(SIZE).put(TITLE);
    for (int i = 0; i < COPIES; i++) {
      head.putLong(mark).putInt(checksum(mark));
    }
    return head.array();
  }

  /**
   * The mark of a file that begins so; empty if it cannot be read.
   *
   * @param begin as many bytes as a beginning has, or all there are
   * @throws IOException if the file is in another version of the format
   */
  static OptionalLong markIn(byte[] begin) throws IOException {
    if (begin.length < SIZE) {
      return OptionalLong.empty();
    }
    ByteBuffer head = ByteBuffer.wrap(begin);
    for (int at = TITLE.length; at < SIZE; at += COPY) {
      long mark = head.getLong(at);
      if (head.getInt(at + Long.BYTES) == checksum(mark)) {
        return OptionalLong.of(mark);
      }
    }
    if (isOfAnotherVersion(begin)) {
      throw new IOException("it is in another version of the format");
    }
    return OptionalLong.empty();
  }

  private static boolean isOfAnotherVersion(byte[] begin) {
    int name = NAME.length();
    return Arrays.equals(begin, 0, name, TITLE, 0, name)
        && !Arrays.equals(begin, name, TITLE.length, TITLE, name, TITLE.length);
  }

  private static int checksum(long mark) {
    CRC32C sum = new CRC32C();
    sum.update(TITLE);
    sum.update(ByteBuffer.allocate(Long.BYTES).putLong(mark).flip());
    return (int) sum.getValue();
  }
}
