package dev.tandem.api;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * When a failed delivery is tried again, and when it is given up.
 *
 * <p>Every delivery counts, also one whose consumer died without a word: a message that kills its
 * process is cut off at {@link #maxDeliveries()} like one whose handler throws. Delays grow by
 * doubling ({@link #exponential}) or stay the same ({@link #fixed}); part of each is random, so
 * that what failed together does not return together (the "equal jitter" of Brooker, <i>Exponential
 * Backoff and Jitter</i>, 2015, with a chosen share).
 *
 * <p>Thread safety: immutable, as far as the classifier is.
 */
public final class RetryPolicy {
  /** Deliveries before a message goes to the dead letters, unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_DELIVERIES = 5;

  /** The share of each delay that is random, unless said otherwise: {@value}. */
  public static final double DEFAULT_JITTER = 0.5;

  /** The longest delay: 30 days. */
  public static final Duration LONGEST_DELAY = Duration.ofDays(30);

  private static final Duration SHORTEST_GROWING = Duration.ofMillis(1);
  private static final int MOST_DOUBLINGS = 40;
  private static final double NANOS_PER_MILLI = 1e6;

  private final Duration initialDelay;
  private final Duration maxDelay;
  private final int maxDeliveries;
  private final double jitter;
  private final Predicate<? super Throwable> retryable;

  private RetryPolicy(
      Duration initialDelay,
      Duration maxDelay,
      int maxDeliveries,
      double jitter,
      Predicate<? super Throwable> retryable) {
    this.initialDelay = initialDelay;
    this.maxDelay = maxDelay;
    this.maxDeliveries = maxDeliveries;
    this.jitter = jitter;
    this.retryable = retryable;
  }

  /**
   * The first retry after {@code initial}, each later one after twice as long, up to {@code max}.
   *
   * @param initial 1 millisecond to {@link #LONGEST_DELAY}
   * @param max {@code initial} to {@link #LONGEST_DELAY}
   * @throws InvalidValueException if either is out of its range
   */
  public static RetryPolicy exponential(Duration initial, Duration max) {
    Require.inRange("initial retry delay", initial, SHORTEST_GROWING, LONGEST_DELAY);
    Require.inRange("longest retry delay", max, initial, LONGEST_DELAY);
    return new RetryPolicy(initial, max, DEFAULT_MAX_DELIVERIES, DEFAULT_JITTER, error -> true);
  }

  /**
   * Every retry after the same delay.
   *
   * @param delay zero (at once) to {@link #LONGEST_DELAY}
   * @throws InvalidValueException if it is out of its range
   */
  public static RetryPolicy fixed(Duration delay) {
    Require.inRange("retry delay", delay, Duration.ZERO, LONGEST_DELAY);
    return new RetryPolicy(delay, delay, DEFAULT_MAX_DELIVERIES, DEFAULT_JITTER, error -> true);
  }

  /** No retry: the first failure is the last. */
  public static RetryPolicy none() {
    return fixed(Duration.ZERO).maxDeliveries(1);
  }

  /**
   * This policy with another limit on deliveries, 1 to 1,000,000.
   *
   * @throws InvalidValueException if it is out of its range
   */
  public RetryPolicy maxDeliveries(int maxDeliveries) {
    Require.inRange("maxDeliveries", maxDeliveries, 1, 1_000_000);
    return new RetryPolicy(initialDelay, maxDelay, maxDeliveries, jitter, retryable);
  }

  /**
   * This policy with another random share of each delay, 0 (none) to 1 (all of it).
   *
   * @throws InvalidValueException if it is out of its range
   */
  public RetryPolicy jitter(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new InvalidValueException("jitter", share, "must be 0 to 1");
    }
    return new RetryPolicy(initialDelay, maxDelay, maxDeliveries, share, retryable);
  }

  /**
   * This policy, retrying only errors that {@code retryable} accepts; others go to the dead letters
   * at once. Called on the thread that ran the handler. If it throws, the message is retried and
   * what it threw is added to the error as suppressed.
   */
  public RetryPolicy retryIf(Predicate<? super Throwable> retryable) {
    Require.notNull("retryable", retryable);
    return new RetryPolicy(initialDelay, maxDelay, maxDeliveries, jitter, retryable);
  }

  /** Deliveries after which a message is given up. */
  public int maxDeliveries() {
    return maxDeliveries;
  }

  /** Whether another delivery is worth it after this error and that many deliveries. */
  public boolean allowsRetry(Throwable error, int deliveries) {
    if (deliveries >= maxDeliveries) {
      return false;
    }
    try {
      return retryable.test(error);
    } catch (RuntimeException e) {
      if (e != error) {
        error.addSuppressed(e);
      }
      return true;
    }
  }

  /**
   * How long to wait before the next delivery, in whole milliseconds.
   *
   * @param deliveries how often the message was delivered so far, 1 or more
   * @param random where the random share comes from
   */
  public Duration delayAfter(int deliveries, RandomGenerator random) {
    int doublings = Math.min(Math.max(deliveries, 1) - 1, MOST_DOUBLINGS);
    double grown = (double) initialDelay.toNanos() * Math.pow(2, doublings);
    double capped = Math.min(grown, (double) maxDelay.toNanos());
    double jittered = capped * (1 - jitter * random.nextDouble());
    return Duration.ofMillis(Math.round(jittered / NANOS_PER_MILLI));
  }

  /** The numbers; the classifier has no text. */
  @Override
  public String toString() {
    return "RetryPolicy[initialDelay="
        + initialDelay
        + ", maxDelay="
        + maxDelay
        + ", maxDeliveries="
        + maxDeliveries
        + ", jitter="
        + jitter
        + "]";
  }
}
