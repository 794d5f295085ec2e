package dev.tandem.streams.internal.group;

import java.util.concurrent.TimeUnit;

/**
 * What was seen of a group, and when.
 *
 * @param counts its numbers
 * @param deadLetters how many dead letters it has, or -1 if that cannot be told, or is told beside
 *     another stream of the group
 * @param nanos when it was seen
 */
public record GroupReading(GroupCounts counts, long deadLetters, long nanos) {
  /** How long it counts for: {@value}. */
  public static final long FRESH_SECONDS = 90;

  /** Whether it is not too old to count. */
  public boolean isFresh(long nowNanos) {
    return nowNanos - nanos < TimeUnit.SECONDS.toNanos(FRESH_SECONDS);
  }
}
