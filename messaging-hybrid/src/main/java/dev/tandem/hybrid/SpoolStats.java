package dev.tandem.hybrid;

import java.time.Duration;

/**
 * What is in a publisher's spool, and what it has done.
 *
 * <p>Thread safety: immutable.
 *
 * @param messages how many wait now
 * @param bytes how many bytes its files have now
 * @param oldestAge how long the oldest one has waited, by this machine's clock; zero if none waits
 * @param replayed messages that Redis has from there, since the publisher was built
 * @param replayRate messages a second, over the last minute
 * @param refused messages that Redis refused for good
 * @param damaged records left out because their bytes had changed
 * @param cutBytes bytes of a last record that was cut off
 */
public record SpoolStats(
    long messages,
    long bytes,
    Duration oldestAge,
    long replayed,
    double replayRate,
    long refused,
    long damaged,
    long cutBytes) {
  /** Of a publisher without a spool. */
  public static final SpoolStats NONE = new SpoolStats(0, 0, Duration.ZERO, 0, 0, 0, 0, 0);
}
