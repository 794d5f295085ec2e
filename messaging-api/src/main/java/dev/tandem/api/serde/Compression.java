package dev.tandem.api.serde;

import dev.tandem.api.internal.Require;

/**
 * How payloads are compressed: by which algorithm, from which size on, and up to which size.
 *
 * <p>Compressed payloads begin with one byte that says what follows: {@code 00} the bytes as they
 * are, {@code 01} a gzip member, {@code 02} a zstd frame. A payload below the threshold, and one
 * that compressing would not make smaller, stays as it is behind its byte.
 *
 * <p>Thread safety: immutable.
 *
 * @param algorithm how
 * @param threshold the size from which payloads are compressed, in bytes, 0 or more
 * @param maxSize the largest payload before compression, in bytes, 1 or more; larger ones are
 *     refused by the writer, and by the reader before memory is taken for them
 */
public record Compression(Algorithm algorithm, int threshold, int maxSize) {
  /** Smaller payloads are not compressed, unless said otherwise: {@value} bytes. */
  public static final int DEFAULT_THRESHOLD = 512;

  /** The largest payload before compression, unless said otherwise: {@value} bytes (16 MiB). */
  public static final int DEFAULT_MAX_SIZE = 16 * 1024 * 1024;

  /** The largest {@link #maxSize()} that may be chosen: {@value} bytes (512 MiB). */
  public static final int LARGEST_MAX_SIZE = 512 * 1024 * 1024;

  /** How payloads are compressed. Thread safety: immutable. */
  public enum Algorithm {
    /** DEFLATE in gzip's form, at the JDK's default level: needs nothing else, slower. */
    GZIP,
    /** Zstandard at level 3: faster and smaller; needs {@code com.github.luben:zstd-jni}. */
    ZSTD
  }

  /** Refuses values out of range. */
  public Compression {
    Require.notNull("compression algorithm", algorithm);
    Require.inRange("compression maxSize", maxSize, 1, LARGEST_MAX_SIZE);
    Require.inRange("compression threshold", threshold, 0, LARGEST_MAX_SIZE);
  }

  /** Gzip with the default threshold and largest size. */
  public static Compression gzip() {
    return new Compression(Algorithm.GZIP, DEFAULT_THRESHOLD, DEFAULT_MAX_SIZE);
  }

  /** Zstandard with the default threshold and largest size. */
  public static Compression zstd() {
    return new Compression(Algorithm.ZSTD, DEFAULT_THRESHOLD, DEFAULT_MAX_SIZE);
  }

  /** This compression from another size on, in bytes. */
  public Compression threshold(int threshold) {
    return new Compression(algorithm, threshold, maxSize);
  }

  /** This compression with another largest size, in bytes. */
  public Compression maxSize(int maxSize) {
    return new Compression(algorithm, threshold, maxSize);
  }
}
