package dev.tandem.benchmarks.streams;

import java.time.Duration;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.resps.Slowlog;

/** What the server says of its own work. */
record ServerWork(Jedis jedis) {
  private static final String THRESHOLD = "slowlog-log-slower-than";
  private static final String LENGTH = "slowlog-max-len";
  private static final int LONGEST_LOG = 10_000;

  /** The processor time it has used so far. */
  Duration cpu() {
    double seconds = 0;
    for (String line : jedis.info("cpu").split("\r\n", -1)) {
      if (line.startsWith("used_cpu_sys:") || line.startsWith("used_cpu_user:")) {
        seconds += Double.parseDouble(line.substring(line.indexOf(':') + 1));
      }
    }
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /** How long each call of a script took that this does, in microseconds. */
  List<Long> scriptMicros(Runnable calls) {
    String threshold = jedis.configGet(THRESHOLD).get(THRESHOLD);
    String length = jedis.configGet(LENGTH).get(LENGTH);
    jedis.configSet(LENGTH, Integer.toString(LONGEST_LOG));
    jedis.configSet(THRESHOLD, "0");
    jedis.slowlogReset();
    try {
      calls.run();
      return jedis.slowlogGet(LONGEST_LOG).stream()
          .filter(entry -> entry.getArgs().get(0).startsWith("EVAL"))
          .map(Slowlog::getExecutionTime)
          .toList();
    } finally {
      jedis.configSet(THRESHOLD, threshold);
      jedis.configSet(LENGTH, length);
      jedis.slowlogReset();
    }
  }
}
