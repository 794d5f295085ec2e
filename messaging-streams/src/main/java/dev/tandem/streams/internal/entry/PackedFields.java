package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Fields in one value, names and values in turn, each as {@code <length>:<bytes>}. */
public final class PackedFields {
  private PackedFields() {}

  /** The fields as one value. */
  public static byte[] pack(List<byte[]> fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] field : fields) {
      out.writeBytes((field.length + ":").getBytes(US_ASCII));
      out.writeBytes(field);
    }
    return out.toByteArray();
  }

  /** The fields in a value; of one that is not in this form, whatever can be made of it. */
  public static List<byte[]> unpack(byte[] packed) {
    List<byte[]> parts = new ArrayList<>();
    int at = 0;
    while (at < packed.length) {
      int length = 0;
      while (at < packed.length && packed[at] != ':') {
        length = 10 * length + packed[at++] - '0';
      }
      int from = Math.min(at + 1, packed.length);
      int to = (int) Math.min((long) from + Math.max(0, length), packed.length);
      parts.add(Arrays.copyOfRange(packed, from, to));
      at = to;
    }
    return parts;
  }
}
