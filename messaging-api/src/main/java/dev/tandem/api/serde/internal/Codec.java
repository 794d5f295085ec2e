package dev.tandem.api.serde.internal;

import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** One compression algorithm. Both sides' arrays begin with the marker byte. */
interface Codec {
  /** The marker and the compressed bytes, or null if that would not be shorter than {@code raw}. */
  byte @Nullable [] compress(byte[] raw);

  /**
   * What the bytes after the marker were before.
   *
   * @throws DataFormatException if they are not what {@link #compress} makes, or hold more than
   *     {@code maxSize} bytes; no more than that is ever allocated
   */
  byte[] expand(byte[] marked, int maxSize) throws DataFormatException;
}
