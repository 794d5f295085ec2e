package dev.tandem.benchmarks.curves;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.tenant.GroupKeys;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/**
 * Reading as a group by hand, many streams with one {@code XREADGROUP} ("Streams" in Redis'
 * documentation of data types): commands, and what of their replies matters.
 */
final class Groups {
  private Groups() {}

  /**
   * Reads what is new in these streams: the replies of those that have something.
   *
   * @param most entries of each
   */
  static List<Reply> read(
      Jedis jedis, byte[] group, String consumer, int most, List<byte[]> streams) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(bytes("GROUP"));
    arguments.add(group);
    arguments.add(bytes(consumer));
    arguments.add(bytes("COUNT"));
    arguments.add(bytes(Integer.toString(most)));
    arguments.add(bytes("STREAMS"));
    arguments.addAll(streams);
    streams.forEach(stream -> arguments.add(bytes(">")));
    Object reply = jedis.sendCommand(Protocol.Command.XREADGROUP, arguments.toArray(byte[][]::new));
    return reply instanceof List<?> all ? all.stream().map(Groups::reply).toList() : List.of();
  }

  private static Reply reply(Object streamAndEntries) {
    List<?> both = (List<?>) streamAndEntries;
    List<?> entries = (List<?>) both.get(1);
    byte[][] ids = new byte[entries.size()][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (byte[]) ((List<?>) entries.get(i)).get(0);
    }
    return new Reply((byte[]) both.get(0), ids);
  }

  /** Removes a group and what Tandem keeps beside it. */
  static void remove(Jedis jedis, GroupKeys group) {
    jedis.xgroupDestroy(group.stream().bytes(), bytes(group.group()));
    jedis.del(
        group.due().bytes(),
        group.dead().bytes(),
        group.sweep().bytes(),
        group.source().trim().bytes());
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /**
   * What one stream had.
   *
   * @param stream its key
   * @param ids of the entries
   */
  @SuppressWarnings("ArrayRecordComponent") // as Jedis gives and takes them
  record Reply(byte[] stream, byte[][] ids) {}
}
