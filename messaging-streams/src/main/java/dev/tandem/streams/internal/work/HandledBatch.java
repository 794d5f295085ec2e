package dev.tandem.streams.internal.work;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.Batch;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.group.Lease;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** A batch while its handler runs, and what the handler says about its messages. */
final class HandledBatch<T> implements Batch<T> {
  private final List<LeasedDelivery<T>> deliveries;
  private final Verdicts verdicts;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Lease, Outcome> outcomes = new HashMap<>();
  private boolean ended;

  HandledBatch(List<LeasedDelivery<T>> deliveries, Verdicts verdicts) {
    this.deliveries = List.copyOf(deliveries);
    this.verdicts = verdicts;
  }

  @Override
  public List<Delivery<T>> deliveries() {
    return List.copyOf(deliveries);
  }

  @Override
  public void acknowledge(Delivery<T> delivery) {
    decide(delivery, Outcome.DONE);
  }

  @Override
  public void retry(Delivery<T> delivery, Duration delay) {
    Require.inRange("retry delay", delay, Duration.ZERO, RetryPolicy.LONGEST_DELAY);
    decide(delivery, verdicts.askedAgain(lease(delivery), delay));
  }

  @Override
  public void reject(Delivery<T> delivery, String reason) {
    Require.notNull("reason", reason);
    String kept =
        reason.length() <= DeadLetterFormat.LONGEST_ERROR
            ? reason
            : reason.substring(0, DeadLetterFormat.LONGEST_ERROR);
    decide(delivery, new Outcome.GiveUp(DeadLetterReason.REJECTED, kept));
  }

  private void decide(Delivery<T> delivery, Outcome outcome) {
    Lease lease = lease(delivery);
    lock.lock();
    try {
      if (ended) {
        throw new IllegalStateException("the batch has ended");
      }
      outcomes.put(lease, outcome);
    } finally {
      lock.unlock();
    }
  }

  private Lease lease(Delivery<T> delivery) {
    for (LeasedDelivery<T> one : deliveries) {
      if (one == delivery) {
        return one.lease();
      }
    }
    throw new InvalidValueException("delivery", delivery, "must be one of this batch");
  }

  /** What was said about each, from now on unchangeable; nothing is said about some. */
  Map<Lease, Outcome> end() {
    lock.lock();
    try {
      ended = true;
      return outcomes;
    } finally {
      lock.unlock();
    }
  }

  List<LeasedDelivery<T>> leased() {
    return deliveries;
  }

  @Override
  public String toString() {
    return "Batch" + deliveries;
  }
}
