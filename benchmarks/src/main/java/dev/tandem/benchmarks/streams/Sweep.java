package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/**
 * What it costs the server to look through a long pending list: once where all is in good hands,
 * and once where everything has lapsed, so that each entry is claimed, read and sent.
 */
record Sweep(Bench bench, int pending) implements Measurement {
  private static final int BATCH = 1_000;
  private static final int MOST_DELIVERIES = 5;

  /** A hundred thousand pending entries. */
  static Sweep of(Bench bench) {
    return new Sweep(bench, 100_000);
  }

  @Override
  public String name() {
    return "sweep";
  }

  @Override
  public List<Figure> measure() {
    GroupKeys keys = bench.group("swept");
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("pending entries", pending, ""));
    Consume.fill(bench, pending);
    try {
      bench.admin().xgroupCreate(bench.stream().bytes(), utf8(keys.group()), utf8("0"), false);
      readAll(keys);
      GroupStream stream =
          new GroupStream(
              bench.tenant(),
              keys,
              Counters.ofConsumer(bench.redis().metrics(), bench.topic().name(), keys.group()));
      sweep(stream, Duration.ofDays(1)); // the script is known from here on
      add(figures, "all held", stream, Duration.ofDays(1));
      add(figures, "all lapsed", stream, Duration.ZERO);
    } finally {
      bench.removeGroup(keys);
      bench.removeStream();
    }
    return figures;
  }

  private void readAll(GroupKeys keys) {
    try (Jedis jedis = bench.openJedis()) {
      for (int read = 0; read < pending; read += BATCH) {
        jedis.sendCommand(
            Protocol.Command.XREADGROUP,
            utf8("GROUP"),
            utf8(keys.group()),
            utf8("owner"),
            utf8("COUNT"),
            utf8(Integer.toString(BATCH)),
            utf8("STREAMS"),
            bench.stream().bytes(),
            utf8(">"));
      }
    }
  }

  private void add(List<Figure> figures, String what, GroupStream stream, Duration lease) {
    ServerWork.Scripts cost = new ServerWork(bench.admin()).scripts(() -> sweep(stream, lease));
    figures.add(new Figure(what + ", calls", cost.calls(), ""));
    figures.add(new Figure(what + ", in total", cost.micros() / 1e3, "ms"));
    figures.add(new Figure(what + ", longest call", cost.longestMicros() / 1e3, "ms"));
  }

  private void sweep(GroupStream stream, Duration lease) {
    ClaimCommands sweeper = new ClaimCommands("sweeper");
    String from = "-";
    while (!from.isEmpty()) {
      from =
          sweeper
              .sweep(
                  bench.redis().commands(),
                  stream,
                  lease,
                  MOST_DELIVERIES,
                  "",
                  from,
                  GroupCommands.PAGE,
                  false)
              .next();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
