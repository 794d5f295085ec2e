package dev.tandem.benchmarks.harness;

import java.lang.management.ManagementFactory;
import java.time.Duration;

/** Takes the time of a round: by the clock, and what this JVM's threads worked meanwhile. */
public final class Stopwatch {
  private final long start = System.nanoTime();
  private final long worked = worked();

  private Stopwatch() {}

  /** Begins. */
  public static Stopwatch start() {
    return new Stopwatch();
  }

  /** How long it runs by the clock. */
  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Ends; what was done may be counted later. */
  public Taken stop() {
    return new Taken(elapsed(), Duration.ofNanos(worked() - worked));
  }

  private static long worked() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  /**
   * The time that was taken.
   *
   * @param time by the clock
   * @param work of this JVM's threads
   */
  public record Taken(Duration time, Duration work) {
    /** The round that took this long. */
    public Round round(long messages, long arrived) {
      return new Round(messages, messages - arrived, time, work);
    }
  }
}
