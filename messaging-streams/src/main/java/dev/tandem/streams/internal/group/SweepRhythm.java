package dev.tandem.streams.internal.group;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When the members of a group look for deliveries that were let lapse: about every quarter of the
 * lease time, at least every 5 seconds and no oftener than every 25 ms. Jittered by a fifth either
 * way, so that it is not always the same member that comes too late.
 *
 * @param every how long between two looks
 */
public record SweepRhythm(Duration every) {
  /** After how much silence a consumer that holds nothing is old. */
  public static final Duration OLD = Duration.ofHours(1);

  /** The rarest. */
  public static final Duration RAREST = Duration.ofSeconds(5);

  private static final Duration LEAST = Duration.ofMillis(25);

  /** The rhythm for this lease time. */
  public static SweepRhythm of(Duration lease) {
    Duration quarter = lease.dividedBy(4);
    return new SweepRhythm(
        quarter.compareTo(RAREST) > 0 ? RAREST : quarter.compareTo(LEAST) < 0 ? LEAST : quarter);
  }

  /** For how long whoever sweeps has the turn: nobody else begins meanwhile. */
  public Duration turn() {
    return every.multipliedBy(3).dividedBy(4);
  }

  /** A time like this one, a fifth more or less. */
  public static long jittered(long nanos, RandomGenerator random) {
    return nanos * 4 / 5 + random.nextLong(nanos * 2 / 5 + 1);
  }
}
