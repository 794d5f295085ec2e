package dev.tandem.hybrid.internal.wire;

import java.util.List;

/**
 * The values of a call's stream entries, packed.
 *
 * <p>Thread safety: immutable; the bytes are shared, not to be changed.
 */
public final class EntryValues {
  /** Of a call that goes to no stream. */
  public static final EntryValues NONE = new EntryValues(0, new byte[0], List.of());

  private final int width;
  private final byte[] labels;
  private final List<byte[]> data;

  /**
   * Values.
   *
   * @param width how many labels each entry has
   * @param labels those of all entries, or of the first if all have the same, as {@code cmsgpack}
   *     reads them
   * @param data of each entry
   */
  public EntryValues(int width, byte[] labels, List<byte[]> data) {
    this.width = width;
    this.labels = labels;
    this.data = List.copyOf(data);
  }

  /** How many labels each entry has; 0 if there is no stream. */
  public int width() {
    return width;
  }

  /** The labels of all entries, or of the first if all have the same. */
  public byte[] labels() {
    return labels;
  }

  /** The data of each entry. */
  public List<byte[]> data() {
    return data;
  }

  /** How large they are. */
  public long bytes() {
    long bytes = labels.length;
    for (byte[] each : data) {
      bytes += each.length;
    }
    return bytes;
  }
}
