package dev.tandem.benchmarks.harness;

import java.time.Duration;

/**
 * How long a contender works before it is measured: until the JVM has compiled what it runs.
 *
 * @param rounds at least
 * @param least how long it works in them at least
 * @param most how long it works in them at most, whatever is still being compiled
 */
public record WarmUp(int rounds, Duration least, Duration most) {
  /** The compilers rest when they work for less than one in so many parts of a round's time. */
  private static final int RESTING = 20;

  /** After so many it is over in any case: getting ready for a round may take longer than it. */
  private static final int MOST_ROUNDS = 30;

  /** So many rounds, without looking at the time. */
  static WarmUp of(int rounds) {
    return new WarmUp(rounds, Duration.ZERO, Duration.ZERO);
  }

  /** Whether somebody who has done so many rounds, in so much time, may be measured. */
  boolean isOver(int done, Duration worked, Round last) {
    boolean isReady =
        worked.compareTo(least) >= 0 && (worked.compareTo(most) >= 0 || isResting(last));
    return done >= rounds && (isReady || done >= MOST_ROUNDS);
  }

  private static boolean isResting(Round round) {
    return round.cost().compiling().multipliedBy(RESTING).compareTo(round.took()) < 0;
  }
}
