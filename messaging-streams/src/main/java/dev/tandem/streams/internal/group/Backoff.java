package dev.tandem.streams.internal.group;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing waits between attempts: doubling, capped, half of each random. For one thread. */
public final class Backoff {
  private static final long FIRST_MILLIS = 50;
  private static final long MOST_MILLIS = 5_000;

  private final RandomGenerator random;
  private long nextMillis = FIRST_MILLIS;

  public Backoff(RandomGenerator random) {
    this.random = random;
  }

  public Duration next() {
    long millis = nextMillis;
    nextMillis = Math.min(MOST_MILLIS, 2 * millis);
    return Duration.ofMillis(millis / 2 + random.nextLong(millis / 2 + 1));
  }

  public void reset() {
    nextMillis = FIRST_MILLIS;
  }
}
