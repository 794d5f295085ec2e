package dev.tandem.api.serde.internal;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** One Zstandard frame (RFC 8878) that states its content's size and ends in a checksum. */
final class ZstdCodec implements Codec {
  static final byte MARKER = 2;

  private static final int LEVEL = 3;

  /**
   * Loads the library and its native part.
   *
   * @throws LinkageError if either is missing
   */
  ZstdCodec() {
    Zstd.compressBound(0);
  }

  @Override
  public byte @Nullable [] compress(byte[] raw) {
    byte[] marked = new byte[Math.toIntExact(1 + Zstd.compressBound(raw.length))];
    marked[0] = MARKER;
    int length;
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setLevel(LEVEL).setChecksum(true).setContentSize(true);
      length = context.compressByteArray(marked, 1, marked.length - 1, raw, 0, raw.length);
    }
    return 1 + length > raw.length ? null : Arrays.copyOf(marked, 1 + length);
  }

  @Override
  public byte[] expand(byte[] marked, int maxSize) throws DataFormatException {
    int length = marked.length - 1;
    if (length == 0) {
      throw new DataFormatException("cut off");
    }
    try {
      if (Zstd.findFrameCompressedSize(marked, 1, length) != length) {
        throw new DataFormatException("not one whole zstd frame");
      }
      long size = Zstd.getFrameContentSize(marked, 1, length);
      if (size < 0) {
        throw new DataFormatException("zstd frame without its size");
      }
      if (size > maxSize) {
        throw new DataFormatException(size + " bytes, more than the " + maxSize + " allowed");
      }
      byte[] raw = new byte[(int) size];
      if (Zstd.decompressByteArray(raw, 0, raw.length, marked, 1, length) != size) {
        throw new DataFormatException("other length than it says");
      }
      return raw;
    } catch (ZstdException e) {
      throw new DataFormatException(e.getMessage());
    }
  }
}
