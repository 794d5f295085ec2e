package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.Lease;
import org.jspecify.annotations.Nullable;

/** A finished delivery that is to be settled, and how often that was tried. The settler's own. */
final class Finished {
  final Lease lease;
  Outcome outcome;
  @Nullable Backoff backoff;
  int attempts;
  boolean unknown;
  boolean done;
  boolean refused;
  boolean lacksRoom;
  long notBeforeNanos;

  Finished(Lease lease, Outcome outcome) {
    this.lease = lease;
    this.outcome = outcome;
  }
}
