package dev.tandem.streams.internal.entry;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An array of texts in MessagePack, as scripts read it with {@code cmsgpack.unpack}.
 *
 * <p>Thread safety: not safe for use by many threads.
 *
 * @see <a href="https://github.com/msgpack/msgpack/blob/master/spec.md">the format</a>
 */
public final class PackedTexts {
  private static final byte ARRAY_32 = (byte) 0xdd;
  private static final int SHORT_TEXT = 0xa0;
  private static final int LONGEST_SHORT_TEXT = 31;
  private static final byte TEXT_16 = (byte) 0xda;
  private static final int LONGEST_TEXT_16 = 0xffff;
  private static final byte TEXT_32 = (byte) 0xdb;
  private static final int LONGEST_HEAD = 5;

  private final ByteBuffer buffer;

  /**
   * An array.
   *
   * @param count how many texts will be added
   * @param atMost bytes that they have together
   */
  public PackedTexts(int count, long atMost) {
    buffer = ByteBuffer.allocate(Math.toIntExact(atMost + LONGEST_HEAD * (count + 1L)));
    buffer.put(ARRAY_32).putInt(count);
  }

  /** Adds a text. */
  public void add(byte[] text) {
    if (text.length <= LONGEST_SHORT_TEXT) {
      buffer.put((byte) (SHORT_TEXT | text.length));
    } else if (text.length <= LONGEST_TEXT_16) {
      buffer.put(TEXT_16).putShort((short) text.length);
    } else {
      buffer.put(TEXT_32).putInt(text.length);
    }
    buffer.put(text);
  }

  /** All of it. */
  public byte[] bytes() {
    return Arrays.copyOf(buffer.array(), buffer.position());
  }
}
