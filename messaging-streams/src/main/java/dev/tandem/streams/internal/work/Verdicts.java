package dev.tandem.streams.internal.work;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.ServerClock;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides by the retry policy what becomes of deliveries that failed. */
final class Verdicts {
  private static final Logger LOG = LoggerFactory.getLogger(Verdicts.class);
  private static final Duration UNDECIDED_DELAY = Duration.ofSeconds(1);

  private final RetryPolicy policy;
  private final RandomGenerator random;
  private final ServerClock clock;

  Verdicts(RetryPolicy policy, RandomGenerator random, ServerClock clock) {
    this.policy = policy;
    this.random = random;
    this.clock = clock;
  }

  /** What becomes of a delivery whose handler failed; never throws. */
  Outcome failed(Lease lease, Throwable error) {
    // Whatever goes wrong in code that is not ours (a classifier, an error that cannot say what it
    // is), the delivery must come to an end, or it would take up a permit for ever.
    try {
      return byPolicy(lease, error);
    } catch (RuntimeException | Error e) {
      String what = e.getClass().getName();
      LOG.error("{} failed, and so did finding out what to do about it: {}", lease, what);
      return mayRetry(lease)
          ? new Outcome.Retry(UNDECIDED_DELAY)
          : new Outcome.GiveUp(DeadLetterReason.MAX_DELIVERIES, what);
    }
  }

  /** What becomes of a delivery that came too late, or null if it did not. May block. */
  @Nullable Outcome expired(Lease lease) {
    long ttl = EntryFormat.ttlMillis(lease.entry());
    if (ttl == 0) {
      return null;
    }
    long end = lease.id().millis() + ttl;
    if (!clock.hasPassed(end)) {
      return null;
    }
    LOG.debug("{} has expired", lease);
    return new Outcome.GiveUp(
        DeadLetterReason.EXPIRED, "expired at " + Instant.ofEpochMilli(end) + " by the server");
  }

  /** What becomes of an entry that is no message. */
  Outcome unreadable(Lease lease, SerdeException error) {
    try {
      LOG.warn("{} is not readable: {}", lease, error.toString());
      return new Outcome.GiveUp(DeadLetterReason.NOT_READABLE, DeadLetterFormat.describe(error));
    } catch (RuntimeException | Error e) {
      return new Outcome.GiveUp(DeadLetterReason.NOT_READABLE, e.getClass().getName());
    }
  }

  /** What becomes of a delivery that its handler wants again after a delay. */
  Outcome askedAgain(Lease lease, Duration delay) {
    return mayRetry(lease)
        ? new Outcome.Retry(delay)
        : new Outcome.GiveUp(DeadLetterReason.MAX_DELIVERIES, "");
  }

  private boolean mayRetry(Lease lease) {
    return lease.deliveries() < policy.maxDeliveries();
  }

  private Outcome byPolicy(Lease lease, Throwable error) {
    int deliveries = (int) Math.min(Integer.MAX_VALUE, lease.deliveries());
    if (isWorthRetrying(error, deliveries)) {
      LOG.debug("{} failed and will be delivered again", lease, error);
      return new Outcome.Retry(policy.delayAfter(deliveries, random));
    }
    DeadLetterReason reason =
        mayRetry(lease) ? DeadLetterReason.REJECTED : DeadLetterReason.MAX_DELIVERIES;
    LOG.warn("{} failed and is given up: {}", lease, reason, error);
    return new Outcome.GiveUp(reason, DeadLetterFormat.describe(error));
  }

  private boolean isWorthRetrying(Throwable error, int deliveries) {
    try {
      return policy.allowsRetry(error, deliveries);
    } catch (RuntimeException | Error classifierFailed) {
      LOG.warn("the retry policy's classifier failed; the error is retried", classifierFailed);
      return deliveries < policy.maxDeliveries();
    }
  }
}
