package dev.tandem.streams.internal.work;

import dev.tandem.api.Message;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.group.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a topic's handler with batches of deliveries. Safe for many threads. */
final class BatchHandling<T> {
  private static final Logger LOG = LoggerFactory.getLogger(BatchHandling.class);

  private final Binding.Batches<T> binding;
  private final Shared shared;
  private final Verdicts verdicts;
  private final Completion completion;
  private final Stopwatch stopwatch;
  private final long leaseNanos;

  BatchHandling(
      Binding.Batches<T> binding,
      Shared shared,
      Verdicts verdicts,
      Completion completion,
      Stopwatch stopwatch) {
    this.stopwatch = stopwatch;
    this.binding = binding;
    this.shared = shared;
    this.verdicts = verdicts;
    this.completion = completion;
    this.leaseNanos = shared.settings().lease().toNanos();
  }

  Binding.Batches<T> binding() {
    return binding;
  }

  /** Starts those deliveries that are still ours. */
  List<Lease> start(List<Lease> taken, long nowNanos) {
    List<Lease> started = new ArrayList<>(taken.size());
    for (Lease lease : taken) {
      if (lease.isStale(nowNanos, leaseNanos)) {
        // Perhaps another consumer has it by now. If not, it comes back to us.
        if (shared.registry().drop(lease)) {
          shared.standing().unaccounted(lease.stream());
        }
      } else if (shared.registry().start(lease)) {
        started.add(lease);
      }
    }
    return started;
  }

  /** The messages of started deliveries; what is not readable or came too late is done with. */
  HandledBatch<T> batch(Several<T> attempt, List<Lease> started) {
    List<LeasedDelivery<T>> readable = new ArrayList<>(started.size());
    for (Lease lease : started) {
      Message<T> message = message(lease);
      if (message != null) {
        readable.add(new LeasedDelivery<>(lease, binding.topic(), message, attempt));
      }
    }
    return new HandledBatch<>(readable, verdicts);
  }

  private @Nullable Message<T> message(Lease lease) {
    Outcome expired = verdicts.expired(lease);
    if (expired != null) {
      completion.complete(lease, expired);
      return null;
    }
    try {
      return EntryFormat.decode(lease.stream().tenant(), binding.topic(), lease.entry());
    } catch (SerdeException e) {
      completion.complete(lease, verdicts.unreadable(lease, e));
    } catch (RuntimeException | Error e) {
      completion.complete(lease, verdicts.failed(lease, e));
    }
    return null;
  }

  void run(Several<T> attempt, HandledBatch<T> batch, long nowNanos) {
    if (batch.leased().isEmpty()) {
      return;
    }
    Throwable failure = null;
    try {
      binding.handler().handle(batch);
    } catch (Throwable e) { // whatever a handler throws, the worker goes on
      failure = e;
    }
    Lease first = batch.leased().get(0).lease();
    if (stopwatch.isDue(nowNanos)) {
      stopwatch.stop(first, nowNanos);
      if (failure == null) {
        stopwatch.returned(first);
      }
    }
    if (attempt.end()) {
      finished(batch, failure);
    } else {
      LOG.warn("{} and others: their handler has returned long after its time was up", first);
    }
  }

  /** Brings each message to its own outcome, or to that of the call. */
  void finished(HandledBatch<T> batch, @Nullable Throwable failure) {
    Map<Lease, Outcome> own = batch.end();
    for (LeasedDelivery<T> delivery : batch.leased()) {
      Lease lease = delivery.lease();
      Outcome outcome = own.get(lease);
      if (outcome == null) {
        outcome = failure == null ? Outcome.DONE : verdicts.failed(lease, failure);
      }
      completion.complete(lease, outcome);
    }
  }
}
