package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.tenant.GroupKeys;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/**
 * Reads as one would by hand, with one {@code XREADGROUP} and one {@code XACK} for many ("Streams"
 * in Redis' documentation of data types): decodes nothing but ids and payloads. What dies with it
 * is stuck.
 */
final class JedisReader implements GroupReader<List<?>> {
  private static final int ID = 0;
  private static final int FIELDS = 1;

  private final byte[] stream;
  private final byte[] group;
  private final byte[][] read;
  private final Jedis jedis;

  JedisReader(Bench bench, GroupKeys group) {
    this.stream = bench.stream().bytes();
    this.group = bytes(group.group());
    this.read =
        new byte[][] {
          bytes("GROUP"),
          this.group,
          bytes(CONSUMER),
          bytes("COUNT"),
          bytes(Integer.toString(BATCH)),
          bytes("BLOCK"),
          bytes(Integer.toString(BLOCK_MILLIS)),
          bytes("STREAMS"),
          stream,
          bytes(">")
        };
    this.jedis = bench.openJedis();
  }

  @Override
  @SuppressWarnings("unchecked") // so the server replies
  public List<List<?>> read() {
    Object reply = jedis.sendCommand(Protocol.Command.XREADGROUP, read);
    return reply instanceof List<?> streams
        ? (List<List<?>>) ((List<?>) streams.get(0)).get(1)
        : List.of();
  }

  /** The last of the values. */
  @Override
  public byte[] payload(List<?> entry) {
    List<?> fields = (List<?>) entry.get(FIELDS);
    return (byte[]) fields.get(fields.size() - 1);
  }

  @Override
  public long acknowledge(List<List<?>> entries) {
    byte[][] ids = new byte[entries.size()][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (byte[]) entries.get(i).get(ID);
    }
    return jedis.xack(stream, group, ids);
  }

  @Override
  public void close() {
    jedis.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
