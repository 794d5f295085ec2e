package dev.tandem.benchmarks.harness;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one contender did in one round.
 *
 * @param messages how many messages it was to move
 * @param lost how many of them did not arrive
 * @param took how long that was
 * @param cost what was used up meanwhile
 */
public record Round(long messages, long lost, Duration took, Cost cost) {
  private static final double NANOS_IN_MICRO = 1e3;

  /** Messages that arrived, a second. */
  public double perSecond() {
    return (messages - lost) * 1e9 / took.toNanos();
  }

  /** Microseconds of processor time of this JVM for one message. */
  public double clientMicrosEach() {
    return cost.client().toNanos() / NANOS_IN_MICRO / messages;
  }

  /** Microseconds of processor time of the server for one message; null if it was not asked. */
  public @Nullable Double serverMicrosEach() {
    Duration server = cost.server();
    return server == null ? null : server.toNanos() / NANOS_IN_MICRO / messages;
  }

  /** Bytes that this JVM allocated for one message. */
  public double bytesEach() {
    return (double) cost.allocated() / messages;
  }
}
