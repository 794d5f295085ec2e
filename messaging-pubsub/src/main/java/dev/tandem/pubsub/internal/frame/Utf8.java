package dev.tandem.pubsub.internal.frame;

/** Checks UTF-8 (RFC 3629): no overlong forms, no halves of surrogate pairs. */
final class Utf8 {
  private static final int LONGEST = 4;

  private Utf8() {}

  /** How many bytes the character here takes, which is not ASCII. */
  static int length(byte[] bytes, int at) throws FrameFormatException {
    int length = validLength(bytes, at);
    if (length == 0) {
      throw new FrameFormatException("not UTF-8");
    }
    return length;
  }

  /** How many bytes the character here takes, which is not ASCII; 0 if there is none. */
  static int validLength(byte[] bytes, int at) {
    int first = bytes[at] & 0xff;
    int length = first >= 0xf0 ? LONGEST : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) {
      return 0;
    }
    int code = first & (0xff >> (length + 1));
    for (int i = at + 1; i < at + length; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        return 0;
      }
      code = code << 6 | (bytes[i] & 0x3f);
    }
    boolean overlong = (length == 3 && code < 0x800) || (length == LONGEST && code < 0x10000);
    boolean noCharacter =
        (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE)
            || code > Character.MAX_CODE_POINT;
    return overlong || noCharacter ? 0 : length;
  }
}
