package dev.tandem.examples.console;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Bounded waits. */
public final class Waiting {
  private static final long POLL_MILLIS = 20;

  private Waiting() {}

  /** Waits until the condition holds; returns whether it does. */
  public static boolean until(BooleanSupplier condition, Duration atMost)
      throws InterruptedException {
    return whileProgressing(condition, () -> 0, atMost);
  }

  /**
   * Waits until the condition holds, as long as {@code progress} changes at least once in every
   * {@code patience}; returns whether it does.
   */
  public static boolean whileProgressing(
      BooleanSupplier condition, LongSupplier progress, Duration patience)
      throws InterruptedException {
    long seen = progress.getAsLong();
    long since = System.nanoTime();
    while (!condition.getAsBoolean()) {
      long now = progress.getAsLong();
      if (now != seen) {
        seen = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > patience.toNanos()) {
        return condition.getAsBoolean();
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    return true;
  }
}
