package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How long a group's dead letters are kept: for ever, unless a number or an age is given. What is
 * over either is deleted for good, oldest first: by the workers of the group that were built with
 * {@link StreamWorkerBuilder#deadLetterRetention}, or when {@link DeadLetters#trim} is called.
 *
 * <p>Thread safety: immutable.
 */
public final class DeadLetterRetention {
  /** The longest age: 10 years of 365 days. */
  public static final Duration LONGEST_AGE = Duration.ofDays(3_650);

  private static final DeadLetterRetention FOREVER = new DeadLetterRetention(-1, null);

  private final long maxCount;
  private final @Nullable Duration maxAge;

  private DeadLetterRetention(long maxCount, @Nullable Duration maxAge) {
    this.maxCount = maxCount;
    this.maxAge = maxAge;
  }

  /** Nothing is deleted. */
  public static DeadLetterRetention forever() {
    return FOREVER;
  }

  /** This, with the newest so many kept at most; 0 or more. */
  public DeadLetterRetention maxCount(long count) {
    return new DeadLetterRetention(
        Require.inRange("maxCount", count, 0, Long.MAX_VALUE), this.maxAge);
  }

  /**
   * This, with only those kept that were given up no longer ago than this, by the server's clock; a
   * millisecond to {@link #LONGEST_AGE}.
   */
  public DeadLetterRetention maxAge(Duration age) {
    return new DeadLetterRetention(
        maxCount, Require.inRange("maxAge", age, Duration.ofMillis(1), LONGEST_AGE));
  }

  /** The most that are kept, if there is a limit. */
  public OptionalLong maxCount() {
    return maxCount < 0 ? OptionalLong.empty() : OptionalLong.of(maxCount);
  }

  /** The longest that one is kept, if there is a limit. */
  public Optional<Duration> maxAge() {
    return Optional.ofNullable(maxAge);
  }

  @Override
  public String toString() {
    return "DeadLetterRetention[maxCount="
        + (maxCount < 0 ? "any" : maxCount)
        + ", maxAge="
        + (maxAge == null ? "any" : maxAge)
        + "]";
  }
}
