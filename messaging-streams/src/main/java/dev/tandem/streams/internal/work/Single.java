package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The call of a handler with one delivery. */
final class Single<T> extends Attempt {
  private final Handling<T> handling;
  private final Turns turns;
  private final Lease lease;
  private final @Nullable Lane lane;

  Single(Handling<T> handling, Turns turns, Lease lease, @Nullable Lane lane) {
    super(turns.flow());
    this.handling = handling;
    this.turns = turns;
    this.lease = lease;
    this.lane = lane;
  }

  /** The same for the next delivery of its message. */
  Single<T> again(Lease next) {
    return new Single<>(handling, turns, next, lane);
  }

  Lease lease() {
    return lease;
  }

  Turns turns() {
    return turns;
  }

  /** The lane it keeps, if there are any. */
  @Nullable Lane lane() {
    return lane;
  }

  @Override
  void run(long nowNanos) {
    handling.run(this, nowNanos);
  }

  @Override
  void fail(TimeoutException overrun) {
    handling.fail(this, overrun);
  }
}
