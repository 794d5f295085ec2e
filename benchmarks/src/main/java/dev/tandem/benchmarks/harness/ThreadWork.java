package dev.tandem.benchmarks.harness;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What the threads of Java code work from now on; compiler and collector have none. */
public final class ThreadWork {
  private final Map<Long, Long> before = worked();

  private ThreadWork() {}

  /** Begins. */
  public static ThreadWork start() {
    return new ThreadWork();
  }

  /** What all of them worked since. */
  public Duration soFar() {
    Map<Long, Long> now = worked();
    now.replaceAll((id, nanos) -> Math.max(0, nanos - before.getOrDefault(id, 0L)));
    return Duration.ofNanos(now.values().stream().mapToLong(Long::longValue).sum());
  }

  private static Map<Long, Long> worked() {
    ThreadMXBean all = ManagementFactory.getThreadMXBean();
    Map<Long, Long> nanos = new HashMap<>();
    for (long id : all.getAllThreadIds()) {
      nanos.put(id, Math.max(0, all.getThreadCpuTime(id)));
    }
    return nanos;
  }
}
