package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.Lease;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/** Where deliveries go whose handler has ended: counted, and on to being settled. */
final class Completion {
  private final Shared shared;
  private final LongAdder finished = new LongAdder();
  private final BiConsumer<Lease, Outcome> settle;
  private final BooleanSupplier abandoned;

  Completion(Shared shared, BiConsumer<Lease, Outcome> settle, BooleanSupplier abandoned) {
    this.shared = shared;
    this.settle = settle;
    this.abandoned = abandoned;
  }

  /** How many handlers have come to an end. */
  long finished() {
    return finished.sum();
  }

  /** Whether outcomes do not count any more. */
  boolean isAbandoned() {
    return abandoned.getAsBoolean();
  }

  /** A started delivery has come to its outcome. */
  void complete(Lease lease, Outcome outcome) {
    if (isAbandoned()) {
      // Stays held, so that it is not handed back as one that never started.
      shared.registry().finish(lease, outcome instanceof Outcome.Acknowledge);
      return;
    }
    count(lease, outcome);
    hand(lease, outcome);
  }

  /** Counts a handler's success or failure. */
  void count(Lease lease, Outcome outcome) {
    Counters counters = lease.stream().counters();
    finished.increment();
    (outcome instanceof Outcome.Acknowledge ? counters.handled : counters.failed).add(1);
  }

  /** Hands on what is counted already. */
  void hand(Lease lease, Outcome outcome) {
    shared.registry().finish(lease, outcome instanceof Outcome.Acknowledge);
    settle.accept(lease, outcome);
  }
}
