package dev.tandem.benchmarks.harness;

import java.time.Duration;

/**
 * How long a contender works before it is measured: until the JVM has compiled what it runs.
 *
 * @param rounds at least
 * @param least how long it works in them at least, unless those are {@value #MOST_ROUNDS} rounds
 * @param most how long it works in them at most, whatever is still being compiled
 */
public record WarmUp(int rounds, Duration least, Duration most) {
  /** The JVM's compilers rest when they work for less than a round's time divided by this. */
  private static final int RESTING = 20;

  /** In so many rounds one after the other: what is called seldom is compiled long after others. */
  private static final int RESTING_ROUNDS = 2;

  /** After so many it is over in any case: getting ready for a round may take longer than it. */
  private static final int MOST_ROUNDS = 16;

  /** So many rounds, without looking at the time. */
  static WarmUp of(int rounds) {
    return new WarmUp(rounds, Duration.ZERO, Duration.ZERO);
  }

  /** A contender's way through it. */
  Course course() {
    return new Course();
  }

  /** What a contender has done so far. */
  final class Course {
    private int done;
    private int resting;
    private Duration worked = Duration.ZERO;

    private Course() {}

    /** Whether it may be measured after this round. */
    boolean isOverAfter(Round round) {
      done++;
      worked = worked.plus(round.took());
      resting = isResting(round) ? resting + 1 : 0;
      boolean isLongEnough = worked.compareTo(most) >= 0 || resting >= RESTING_ROUNDS;
      boolean isReady = worked.compareTo(least) >= 0 && isLongEnough;
      return done >= rounds && (isReady || done >= MOST_ROUNDS);
    }
  }

  private static boolean isResting(Round round) {
    return round.cost().compiling().multipliedBy(RESTING).compareTo(round.took()) < 0;
  }
}
