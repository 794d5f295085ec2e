package dev.tandem.hybrid.internal.wire;

/**
 * The values of a call's stream entries, packed.
 *
 * <p>Thread safety: immutable; the bytes are shared, not to be changed.
 */
public final class EntryValues {
  /** Of a call that goes to no stream. */
  public static final EntryValues NONE = new EntryValues(0, new byte[0]);

  private final int width;
  private final byte[] packed;

  /**
   * Values.
   *
   * @param width how many each entry has
   * @param packed all of them, as {@code cmsgpack} reads them
   */
  public EntryValues(int width, byte[] packed) {
    this.width = width;
    this.packed = packed;
  }

  /** How many each entry has; 0 if there is no stream. */
  public int width() {
    return width;
  }

  /** All of them. */
  public byte[] packed() {
    return packed;
  }
}
