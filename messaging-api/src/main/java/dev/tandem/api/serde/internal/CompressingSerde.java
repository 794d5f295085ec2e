package dev.tandem.api.serde.internal;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Compression;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.util.Arrays;
import java.util.zip.DataFormatException;

/** Compresses the bytes of another serde, behind one byte that says how. */
public final class CompressingSerde<T> implements Serde<T> {
  private static final byte PLAIN_MARKER = 0;

  private final Serde<T> inner;
  private final Compression compression;
  private final Codec codec;

  private CompressingSerde(Serde<T> inner, Compression compression, Codec codec) {
    this.inner = inner;
    this.compression = compression;
    this.codec = codec;
  }

  /** Wraps a serde. */
  public static <T> Serde<T> of(Serde<T> inner, Compression compression) {
    Require.notNull("compression", compression);
    try {
      Codec codec =
          switch (compression.algorithm()) {
            case GZIP -> new GzipCodec();
            case ZSTD -> new ZstdCodec();
          };
      return new CompressingSerde<>(inner, compression, codec);
    } catch (LinkageError e) {
      throw new InvalidValueException(
          "compression algorithm",
          compression.algorithm(),
          "needs com.github.luben:zstd-jni and its native library on the class path",
          e);
    }
  }

  @Override
  public byte[] serialize(T payload, SerdeContext context) {
    byte[] raw = inner.serialize(payload, context);
    refuseIfTooLarge(raw.length, context);
    byte[] marked = raw.length < compression.threshold() ? null : codec.compress(raw);
    if (marked == null) {
      marked = new byte[1 + raw.length];
      marked[0] = PLAIN_MARKER;
      System.arraycopy(raw, 0, marked, 1, raw.length);
    }
    return marked;
  }

  @Override
  public T deserialize(byte[] bytes, SerdeContext context) {
    return inner.deserialize(expand(bytes, context), context);
  }

  private byte[] expand(byte[] bytes, SerdeContext context) {
    if (bytes.length == 0) {
      throw new SerdeException(
          "compressed payload is empty, without its marker",
          null,
          context.tenant(),
          context.destination());
    }
    try {
      return switch (bytes[0]) {
        case PLAIN_MARKER -> {
          refuseIfTooLarge(bytes.length - 1, context);
          yield Arrays.copyOfRange(bytes, 1, bytes.length);
        }
        case GzipCodec.MARKER -> new GzipCodec().expand(bytes, compression.maxSize());
        case ZstdCodec.MARKER -> new ZstdCodec().expand(bytes, compression.maxSize());
        default -> throw new DataFormatException("no marker of a compressed payload");
      };
    } catch (DataFormatException e) {
      throw new SerdeException(
          "payload of " + bytes.length + " bytes does not decompress: " + e.getMessage(),
          null,
          context.tenant(),
          context.destination());
    } catch (LinkageError e) {
      throw new SerdeException(
          "payload is compressed by zstd, and com.github.luben:zstd-jni is not on the class path",
          e,
          context.tenant(),
          context.destination());
    }
  }

  private void refuseIfTooLarge(int size, SerdeContext context) {
    if (size > compression.maxSize()) {
      throw new SerdeException(
          "payload of " + size + " bytes is larger than the " + compression.maxSize() + " allowed",
          null,
          context.tenant(),
          context.destination());
    }
  }
}
