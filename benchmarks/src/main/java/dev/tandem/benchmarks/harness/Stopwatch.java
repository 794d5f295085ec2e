package dev.tandem.benchmarks.harness;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Takes the time of a round and what the round used up meanwhile. It asks the server only where it
 * is started by a thread that is {@linkplain #watching watching} one.
 */
public final class Stopwatch {
  private static final ThreadLocal<@Nullable ServerWork> WATCHED = new ThreadLocal<>();

  private final @Nullable ServerWork server = WATCHED.get();
  // In this order, and read in the opposite one: what the reading costs is not the round's.
  private final @Nullable Duration serverBefore = server == null ? null : server.cpu();
  private final Allocation allocation = Allocation.start();
  private final Duration compilingBefore = compiling();
  private final Duration clientBefore = client();
  private final long start = System.nanoTime();

  private Stopwatch() {}

  /** Begins. */
  public static Stopwatch start() {
    return new Stopwatch();
  }

  /**
   * Does something; the stopwatches that it starts in this thread ask that server, if there is one.
   */
  static <T> T watching(@Nullable ServerWork server, Callable<T> something) throws Exception {
    ServerWork before = WATCHED.get();
    WATCHED.set(server);
    try {
      return something.call();
    } finally {
      WATCHED.set(before);
    }
  }

  /** How long it runs by the clock. */
  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Ends; what was done may be counted later. */
  public Taken stop() {
    Duration time = elapsed();
    Duration client = client().minus(clientBefore);
    long allocated = allocation.soFar();
    Duration worked =
        server == null || serverBefore == null ? null : server.cpu().minus(serverBefore);
    Duration compiling = compiling().minus(compilingBefore);
    return new Taken(time, new Cost(client, worked, allocated, compiling));
  }

  private static Duration compiling() {
    CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
    return compilers != null && compilers.isCompilationTimeMonitoringSupported()
        ? Duration.ofMillis(compilers.getTotalCompilationTime())
        : Duration.ZERO;
  }

  private static Duration client() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? Duration.ofNanos(system.getProcessCpuTime())
        : Duration.ZERO;
  }

  /**
   * The time that was taken.
   *
   * @param time by the clock
   * @param cost what was used up meanwhile
   */
  public record Taken(Duration time, Cost cost) {
    /** What this JVM's threads worked. */
    public Duration work() {
      return cost.client();
    }

    /**
     * The round that took this long. What did not arrive is lost; as they are counted and not told
     * apart, a message that arrives twice would make up for one.
     */
    public Round round(long messages, long arrived) {
      return new Round(messages, Math.max(0, messages - arrived), time, cost);
    }
  }
}
