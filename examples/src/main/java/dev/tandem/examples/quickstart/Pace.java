package dev.tandem.examples.quickstart;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Spreads steps evenly over a time, so that one sees them happen: {@link #PER_STEP} each, but no
 * more than {@link #LONGEST} in all. Never waits for a step that is late.
 */
final class Pace {
  /** The longest that all steps together are spread over: 6 s. */
  static final Duration LONGEST = Duration.ofSeconds(6);

  /** The time between two steps when there are few of them: 20 ms. */
  static final Duration PER_STEP = Duration.ofMillis(20);

  private final LongSupplier nanoTime;
  private final long start;
  private final double nanosPerStep;

  Pace(int steps, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
    this.nanosPerStep =
        Math.min((double) PER_STEP.toNanos(), (double) LONGEST.toNanos() / Math.max(1, steps));
  }

  /** How long from now until the step (from 0) is due; zero or less if it is. */
  Duration untilDue(int step) {
    return Duration.ofNanos(start + (long) (nanosPerStep * step) - nanoTime.getAsLong());
  }

  /** Waits until the step is due. */
  void await(int step) throws InterruptedException {
    long wait = untilDue(step).toNanos();
    if (wait > 0) {
      TimeUnit.NANOSECONDS.sleep(wait);
    }
  }
}
