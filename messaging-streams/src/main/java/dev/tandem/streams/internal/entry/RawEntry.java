package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stream entry as the server gives it: an id and fields in order. Names may repeat.
 *
 * @param id the entry's id
 * @param fields names and values in turn
 */
public record RawEntry(EntryId id, List<byte[]> fields) {
  /** Reads {@code [id, [name, value, …]]}; no list of fields counts as none. */
  public static RawEntry of(@Nullable Object reply) {
    return new RawEntry(EntryId.parse(Replies.bytes(Replies.list(reply).get(0))), fieldsOf(reply));
  }

  private static List<byte[]> fieldsOf(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(reply);
    return Replies.bytesList(parts.size() > 1 ? parts.get(1) : null);
  }

  /** An entry of this id whose fields are read from a flat list, or none. */
  public static RawEntry of(String id, @Nullable Object fields) {
    return new RawEntry(EntryId.parse(id), Replies.bytesList(fields));
  }

  /** How many bytes its fields take up. */
  public int size() {
    return sizeOfFields(fields);
  }

  /** How many bytes the fields of entries take up, which are as the server gave them. */
  public static long sizeOf(List<@Nullable Object> replies) {
    long size = 0;
    for (Object reply : replies) {
      size += sizeOfFields(fieldsOf(reply));
    }
    return size;
  }

  private static int sizeOfFields(List<byte[]> fields) {
    int size = 0;
    for (byte[] field : fields) {
      size += field.length;
    }
    return size;
  }

  /** An entry without an id that has these fields. */
  public static RawEntry ofFields(Map<String, byte[]> byName) {
    List<byte[]> fields = new ArrayList<>(2 * byName.size());
    byName.forEach(
        (name, value) -> {
          fields.add(name.getBytes(UTF_8));
          fields.add(value);
        });
    return new RawEntry(EntryId.NONE, fields);
  }

  /** The first value under this name, or null. */
  public byte @Nullable [] value(byte[] name) {
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (Arrays.equals(fields.get(i), name)) {
        return fields.get(i + 1);
      }
    }
    return null;
  }

  /** The values by name, from pair number {@code from} on; the first counts where names repeat. */
  public Map<String, byte[]> toMap(int from) {
    Map<String, byte[]> map = new LinkedHashMap<>();
    for (int i = 2 * from; i + 1 < fields.size(); i += 2) {
      map.putIfAbsent(new String(fields.get(i), UTF_8), fields.get(i + 1));
    }
    return map;
  }
}
