package dev.tandem.streams.internal.work;

import dev.tandem.api.Message;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.Lease;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a topic's handler with one delivery at a time. Safe for many threads. */
final class Handling<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Handling.class);

  private final Binding.Each<T> binding;
  private final Shared shared;
  private final Verdicts verdicts;
  private final Stopwatch stopwatch;
  private final long leaseNanos;

  Handling(Binding.Each<T> binding, Shared shared, Verdicts verdicts, Stopwatch stopwatch) {
    this.stopwatch = stopwatch;
    this.binding = binding;
    this.shared = shared;
    this.verdicts = verdicts;
    this.leaseNanos = shared.settings().lease().toNanos();
  }

  void run(Single<T> attempt, long nowNanos) {
    Lease lease = attempt.lease();
    if (lease.isStale(nowNanos, leaseNanos)) {
      // Perhaps another consumer has it by now. If not, it is found under our name and comes back.
      if (shared.registry().drop(lease)) {
        shared.standing().unaccounted(lease.stream());
      }
      attempt.turns().passedOver(attempt);
    } else if (!shared.registry().start(lease)) {
      attempt.turns().passedOver(attempt);
    } else {
      attempt.open();
      Outcome outcome = outcome(attempt, nowNanos);
      if (attempt.end()) {
        attempt.turns().finished(attempt, outcome);
      } else {
        LOG.warn("{}: its handler has returned long after its time was up", lease);
      }
    }
  }

  void fail(Single<T> attempt, TimeoutException overrun) {
    attempt.turns().finished(attempt, verdicts.failed(attempt.lease(), overrun));
  }

  private Outcome outcome(Single<T> attempt, long nowNanos) {
    Lease lease = attempt.lease();
    Outcome expired = verdicts.expired(lease);
    if (expired != null) {
      return expired;
    }
    Message<T> message;
    try {
      message = EntryFormat.decode(lease.stream().tenant(), binding.topic(), lease.entry());
    } catch (SerdeException e) {
      return verdicts.unreadable(lease, e);
    } catch (RuntimeException | Error e) {
      return verdicts.failed(lease, e);
    }
    boolean timed = stopwatch.isDue(nowNanos);
    try {
      binding
          .handler()
          .handle(message, new LeasedDelivery<>(lease, binding.topic(), message, attempt));
      if (timed) {
        stopwatch.returned(lease);
      }
      return Outcome.DONE;
    } catch (Throwable e) { // whatever a handler throws, the worker goes on
      return attempt.isOverrun() ? Outcome.DONE : verdicts.failed(lease, e);
    } finally {
      if (timed) {
        stopwatch.stop(lease, nowNanos);
      }
    }
  }
}
