package dev.tandem.api.serde.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * One gzip member (RFC 1952) without optional fields. Not by the JDK's streams: they guess sizes,
 * and let anything follow the member.
 */
final class GzipCodec implements Codec {
  static final byte MARKER = 1;

  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255};
  private static final int FIXED_HEADER = 4;
  private static final int TRAILER = 8;
  private static final int DATA = 1 + HEADER.length;
  private static final long MOST_BYTES_PER_BYTE = 1_032;

  @Override
  public byte @Nullable [] compress(byte[] raw) {
    int room = raw.length - DATA - TRAILER;
    if (room <= 0) {
      return null;
    }
    ByteBuffer out = ByteBuffer.allocate(raw.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MARKER).put(HEADER);
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try {
      deflater.setInput(raw);
      deflater.finish();
      deflater.deflate(out.slice(DATA, room));
      if (!deflater.finished()) {
        return null;
      }
      out.position(DATA + Math.toIntExact(deflater.getBytesWritten()));
    } finally {
      deflater.end();
    }
    out.putInt((int) checksum(raw)).putInt(raw.length).flip();
    byte[] marked = new byte[out.remaining()];
    out.get(marked);
    return marked;
  }

  @Override
  public byte[] expand(byte[] marked, int maxSize) throws DataFormatException {
    int dataLength = marked.length - DATA - TRAILER;
    if (dataLength <= 0) {
      throw new DataFormatException("cut off");
    }
    for (int i = 0; i < FIXED_HEADER; i++) {
      if (marked[1 + i] != HEADER[i]) {
        throw new DataFormatException("no gzip header");
      }
    }
    ByteBuffer trailer =
        ByteBuffer.wrap(marked, DATA + dataLength, TRAILER).order(ByteOrder.LITTLE_ENDIAN);
    long checksum = Integer.toUnsignedLong(trailer.getInt());
    long size = Integer.toUnsignedLong(trailer.getInt());
    if (size > maxSize) {
      throw new DataFormatException(size + " bytes, more than the " + maxSize + " allowed");
    }
    if (size > dataLength * MOST_BYTES_PER_BYTE) {
      throw new DataFormatException("says it holds more than it can");
    }
    byte[] raw = inflate(marked, dataLength, (int) size);
    if (checksum(raw) != checksum) {
      throw new DataFormatException("wrong checksum");
    }
    return raw;
  }

  private static byte[] inflate(byte[] marked, int dataLength, int size)
      throws DataFormatException {
    byte[] raw = new byte[size];
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(marked, DATA, dataLength + TRAILER);
      int done = 0;
      int more = 1;
      while (done < size && more > 0) {
        more = inflater.inflate(raw, done, size - done);
        done += more;
      }
      boolean overflows = inflater.inflate(new byte[1]) > 0;
      if (done < size || overflows || !inflater.finished() || inflater.getRemaining() != TRAILER) {
        throw new DataFormatException("other length than it says");
      }
      return raw;
    } finally {
      inflater.end();
    }
  }

  private static long checksum(byte[] raw) {
    CRC32 checksum = new CRC32();
    checksum.update(raw);
    return checksum.getValue();
  }
}
