package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.List;

/** Gives each delivery to the slots as it comes. */
final class Unordered<T> implements Turns {
  private final Handling<T> handling;
  private final Slots slots;
  private final Completion completion;
  private final Flow flow;

  Unordered(Handling<T> handling, Slots slots, Completion completion, Flow flow) {
    this.handling = handling;
    this.slots = slots;
    this.completion = completion;
    this.flow = flow;
  }

  @Override
  public Flow flow() {
    return flow;
  }

  @Override
  public void submit(List<Lease> leases) {
    leases.forEach(lease -> slots.append(new Single<>(handling, this, lease, null)));
    slots.pump();
  }

  @Override
  public void passedOver(Single<?> attempt) {
    // Nothing waits for it.
  }

  @Override
  public void finished(Single<?> attempt, Outcome outcome) {
    completion.complete(attempt.lease(), outcome);
  }
}
