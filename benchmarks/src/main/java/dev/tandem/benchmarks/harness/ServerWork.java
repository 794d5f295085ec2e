package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.resps.Slowlog;

/** What the server says of its own work. */
public record ServerWork(Jedis jedis) {
  private static final String THRESHOLD = "slowlog-log-slower-than";
  private static final String LENGTH = "slowlog-max-len";
  private static final int LONGEST_LOG = 10_000;

  /** Long enough that what scripts do is not logged too, which would slow them down. */
  private static final String LOGGED_MICROS = "500";

  private static final Pattern SCRIPTS =
      Pattern.compile("^cmdstat_eval(?:sha)?:calls=(\\d+),usec=(\\d+)");

  /** The processor time it has used so far. */
  public Duration cpu() {
    double seconds = 0;
    for (String line : jedis.info("cpu").split("\r\n", -1)) {
      if (line.startsWith("used_cpu_sys:") || line.startsWith("used_cpu_user:")) {
        seconds += Double.parseDouble(line.substring(line.indexOf(':') + 1));
      }
    }
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /** How many calls of scripts there were so far. */
  public long scriptCalls() {
    return scripts().calls();
  }

  /** What calls of scripts cost that are made by this. */
  public Scripts scripts(Runnable calls) {
    String threshold = jedis.configGet(THRESHOLD).get(THRESHOLD);
    String length = jedis.configGet(LENGTH).get(LENGTH);
    jedis.configSet(LENGTH, Integer.toString(LONGEST_LOG));
    jedis.configSet(THRESHOLD, LOGGED_MICROS);
    jedis.slowlogReset();
    try {
      Scripts before = scripts();
      calls.run();
      Scripts after = scripts();
      return new Scripts(
          after.calls - before.calls, after.micros - before.micros, after.longestMicros);
    } finally {
      jedis.configSet(THRESHOLD, threshold);
      jedis.configSet(LENGTH, length);
      jedis.slowlogReset();
    }
  }

  private Scripts scripts() {
    long calls = 0;
    long micros = 0;
    for (String line : jedis.info("commandstats").split("\r\n", -1)) {
      Matcher stat = SCRIPTS.matcher(line);
      if (stat.find()) {
        calls += Long.parseLong(stat.group(1));
        micros += Long.parseLong(stat.group(2));
      }
    }
    long longest =
        jedis.slowlogGet(LONGEST_LOG).stream()
            .filter(entry -> entry.getArgs().get(0).startsWith("EVAL"))
            .mapToLong(Slowlog::getExecutionTime)
            .max()
            .orElse(0);
    return new Scripts(calls, micros, longest);
  }

  /**
   * Calls of scripts.
   *
   * @param calls how many
   * @param micros how long they took together
   * @param longestMicros how long the longest took, 0 if none was long
   */
  public record Scripts(long calls, long micros, long longestMicros) {}
}
