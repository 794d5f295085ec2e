package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.tenant.GroupKeys;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/**
 * The fastest loop one would write by hand: reads {@value #BATCH} entries, decodes nothing but
 * their ids, acknowledges them in one go. What it reads when it dies is stuck.
 */
record JedisGroupLoop(Bench bench, int messages) implements Contender {
  private static final int BATCH = 500;
  private static final byte[] CONSUMER = "loop".getBytes(UTF_8);
  private static final byte[] NEW = {'>'};
  private static final byte[] BEGINNING = {'0'};

  @Override
  public String name() {
    return "Jedis loop";
  }

  @Override
  public Library library() {
    return Library.JEDIS;
  }

  @Override
  public Round round() {
    GroupKeys group = bench.group("by-hand");
    try {
      Stopwatch watch = Stopwatch.start();
      long acknowledged = consume(group.group().getBytes(UTF_8));
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, acknowledged);
    } finally {
      bench.removeGroup(group);
    }
  }

  private long consume(byte[] group) {
    byte[] stream = bench.stream().bytes();
    long acknowledged = 0;
    try (Jedis jedis = bench.openJedis()) {
      jedis.xgroupCreate(stream, group, BEGINNING, false);
      List<?> entries = read(jedis, stream, group);
      while (!entries.isEmpty()) {
        byte[][] ids = new byte[entries.size()][];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = (byte[]) ((List<?>) entries.get(i)).get(0);
        }
        acknowledged += jedis.xack(stream, group, ids);
        entries = read(jedis, stream, group);
      }
    }
    return acknowledged;
  }

  private static List<?> read(Jedis jedis, byte[] stream, byte[] group) {
    Object reply =
        jedis.sendCommand(
            Protocol.Command.XREADGROUP,
            bytes("GROUP"),
            group,
            CONSUMER,
            bytes("COUNT"),
            bytes(Integer.toString(BATCH)),
            bytes("STREAMS"),
            stream,
            NEW);
    return reply instanceof List<?> streams
        ? (List<?>) ((List<?>) streams.get(0)).get(1)
        : List.of();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
