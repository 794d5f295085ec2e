package dev.tandem.examples.quickstart;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines as bytes and never holds more than one line of the longest length allowed: what a
 * longer line has beyond that is read and dropped.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class LineReader {
  private static final int BUFFER = 64 * 1024;

  private final InputStream in;
  private final int longest;
  private final byte[] buffer = new byte[BUFFER];
  private int next;
  private int end;

  LineReader(InputStream in, int longestBytes) {
    this.in = in;
    this.longest = longestBytes;
  }

  /** The next line without its line feed, or null at the end of the input. */
  @Nullable Line read() throws IOException {
    if (next == end && !fill()) {
      return null;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    long length = 0;
    do {
      int from = next;
      while (next < end && buffer[next] != '\n') {
        next++;
      }
      int room = (int) Math.max(0, longest - length);
      bytes.write(buffer, from, Math.min(next - from, room));
      length += next - from;
      if (next < end) {
        next++;
        break;
      }
    } while (fill());
    return new Line(bytes.toByteArray(), length > longest);
  }

  private boolean fill() throws IOException {
    next = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }

  /**
   * One line.
   *
   * @param bytes the line, or its beginning if it was too long
   * @param tooLong whether it was longer than allowed
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Line(byte[] bytes, boolean tooLong) {}
}
