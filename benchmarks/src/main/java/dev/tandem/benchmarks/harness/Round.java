package dev.tandem.benchmarks.harness;

import java.time.Duration;

/**
 * What one contender did in one round.
 *
 * @param messages how many messages it was to move
 * @param lost how many of them did not arrive
 * @param took how long that was
 */
public record Round(long messages, long lost, Duration took) {
  /** Messages that arrived, a second. */
  public double perSecond() {
    return (messages - lost) * 1e9 / took.toNanos();
  }
}
