package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;

/** Gives each delivery to the slots as it comes. */
final class Unordered<T> implements Turns {
  private final Handling<T> handling;
  private final Slots slots;
  private final Completion completion;

  Unordered(Handling<T> handling, Slots slots, Completion completion) {
    this.handling = handling;
    this.slots = slots;
    this.completion = completion;
  }

  @Override
  public void submit(Lease lease) {
    slots.submit(new Single<>(handling, this, lease, null));
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
