package dev.tandem.streams.internal.schedule;

import dev.tandem.streams.ScheduledId;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes ids that never repeat, of digits and small letters, and that compare as texts in the order
 * in which they were made. Safe for use by many threads.
 */
public final class ScheduledIds {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int DIGITS = 12;

  private final String prefix =
      padded(RANDOM.nextLong() & Long.MAX_VALUE) + padded(RANDOM.nextInt() & Integer.MAX_VALUE);
  private final AtomicLong next = new AtomicLong();

  /** The next id. */
  public ScheduledId next() {
    return new ScheduledId(prefix + padded(next.incrementAndGet()));
  }

  private static String padded(long number) {
    String digits = Long.toString(number, 36).toLowerCase(Locale.ROOT);
    return "0".repeat(Math.max(0, DIGITS - digits.length())) + digits;
  }
}
