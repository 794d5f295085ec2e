package dev.tandem.benchmarks.harness;

import java.time.Duration;

/**
 * What one contender did in one round.
 *
 * @param messages how many messages it was to move
 * @param lost how many of them did not arrive
 * @param took how long that was
 * @param worked what the threads of this JVM worked meanwhile, if that is known
 */
public record Round(long messages, long lost, Duration took, Duration worked) {
  /** Messages that arrived, a second. */
  public double perSecond() {
    return (messages - lost) * 1e9 / took.toNanos();
  }

  /** Microseconds of work in this JVM for one message. */
  public double microsEach() {
    return worked.toNanos() / 1e3 / messages;
  }
}
