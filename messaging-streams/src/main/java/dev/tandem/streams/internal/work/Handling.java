package dev.tandem.streams.internal.work;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.entry.DeadLetterFormat;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.Lease;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a topic's handler for one delivery and decides what becomes of it. Safe for many threads.
 */
final class Handling<T> implements Consumer<Lease> {
  private static final Logger LOG = LoggerFactory.getLogger(Handling.class);

  private static final Duration UNDECIDED_DELAY = Duration.ofSeconds(1);

  private final Binding<T> binding;
  private final WorkerSettings settings;
  private final Shared shared;
  private final BiConsumer<Lease, Outcome> settle;
  private final BooleanSupplier abandoned;

  Handling(
      Binding<T> binding,
      Shared shared,
      BiConsumer<Lease, Outcome> settle,
      BooleanSupplier abandoned) {
    this.binding = binding;
    this.settings = shared.settings();
    this.shared = shared;
    this.settle = settle;
    this.abandoned = abandoned;
  }

  @Override
  public void accept(Lease lease) {
    if (lease.isStale(System.nanoTime(), settings.lease().toNanos())) {
      // Perhaps another consumer has it by now. If not, it is found under our name and comes back.
      if (shared.registry().drop(lease)) {
        shared.standing().unaccounted(lease.stream());
      }
      return;
    }
    if (shared.registry().start(lease)) {
      Outcome outcome = safeOutcome(lease);
      boolean succeeded = outcome instanceof Outcome.Acknowledge;
      shared.registry().finish(lease, succeeded);
      // An abandoned delivery stays held, so that it is not handed back as one that never started.
      if (!abandoned.getAsBoolean()) {
        Counters counters = lease.stream().counters();
        (succeeded ? counters.handled : counters.failed).add(1);
        settle.accept(lease, outcome);
      }
    }
  }

  // Whatever goes wrong in code that is not ours (a classifier, an error that cannot say what it
  // is), the delivery must come to an end, or it would take up a permit for ever.
  private Outcome safeOutcome(Lease lease) {
    try {
      return outcome(lease);
    } catch (RuntimeException | Error e) {
      String what = e.getClass().getName();
      LOG.error("{} failed, and so did finding out what to do about it: {}", lease, what);
      return lease.deliveries() < settings.retry().maxDeliveries()
          ? new Outcome.Retry(UNDECIDED_DELAY)
          : new Outcome.GiveUp(DeadLetterReason.MAX_DELIVERIES, what);
    }
  }

  private Outcome outcome(Lease lease) {
    Message<T> message;
    try {
      message = EntryFormat.decode(lease.stream().tenant(), binding.topic(), lease.entry());
    } catch (SerdeException e) {
      LOG.warn("{} is not readable and goes to the dead letters: {}", lease, e.toString());
      return new Outcome.GiveUp(DeadLetterReason.NOT_READABLE, DeadLetterFormat.describe(e));
    } catch (RuntimeException | Error e) {
      return afterFailure(lease, e);
    }
    long start = System.nanoTime();
    try {
      binding.handler().handle(message, new LeasedDelivery<>(lease, binding.topic(), message));
      return Outcome.DONE;
    } catch (Throwable e) { // whatever a handler throws, the worker goes on
      return afterFailure(lease, e);
    } finally {
      long took = System.nanoTime() - start;
      lease.stream().counters().handleTime.update(took, TimeUnit.NANOSECONDS);
    }
  }

  private Outcome afterFailure(Lease lease, Throwable error) {
    RetryPolicy policy = settings.retry();
    int deliveries = (int) Math.min(Integer.MAX_VALUE, lease.deliveries());
    if (isWorthRetrying(policy, error, deliveries)) {
      LOG.debug("{} failed and will be delivered again", lease, error);
      return new Outcome.Retry(policy.delayAfter(deliveries, settings.random()));
    }
    DeadLetterReason reason =
        deliveries >= policy.maxDeliveries()
            ? DeadLetterReason.MAX_DELIVERIES
            : DeadLetterReason.REJECTED;
    LOG.warn("{} failed and goes to the dead letters: {}", lease, reason, error);
    return new Outcome.GiveUp(reason, DeadLetterFormat.describe(error));
  }

  private static boolean isWorthRetrying(RetryPolicy policy, Throwable error, int deliveries) {
    try {
      return policy.allowsRetry(error, deliveries);
    } catch (RuntimeException | Error classifierFailed) {
      LOG.warn("the retry policy's classifier failed; the error is retried", classifierFailed);
      return deliveries < policy.maxDeliveries();
    }
  }
}
