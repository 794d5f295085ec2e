package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.TakenEntry;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Where deliveries come in, from readers, retries and sweeps. Who asks the server for entries by
 * other means than reading does so exclusively, so that an entry whose reply is on its way is not
 * mistaken for one whose reply was lost.
 */
final class Intake implements Admission {
  private final Shared shared;
  private final Dispatcher dispatcher;
  private final ReentrantLock lock = new ReentrantLock();

  Intake(Shared shared, Dispatcher dispatcher) {
    this.shared = shared;
    this.dispatcher = dispatcher;
  }

  @Override
  public <R> R exclusively(Supplier<R> asking) {
    lock.lock();
    try {
      return asking.get();
    } finally {
      lock.unlock();
    }
  }

  /** How many more entries a reader may ask for. */
  int room() {
    return mayTakeNone()
        ? 0
        : shared.settings().prefetch() + dispatcher.shelved() - shared.registry().open();
  }

  /**
   * How many more entries may be taken by other means; more than a reader may, for it would never
   * leave any room for them.
   */
  int extraRoom() {
    return mayTakeNone() ? 0 : Math.max(0, room() + shared.settings().concurrency());
  }

  private boolean mayTakeNone() {
    int unsettled = shared.registry().size() - shared.registry().open();
    return unsettled >= WorkerSettings.MOST_UNSETTLED || dispatcher.isPaused();
  }

  /** Takes an entry in, unless this very delivery is held already. */
  void admit(GroupStream stream, RawEntry entry, long deliveries, long confirmedNanos) {
    Lease lease = new Lease(stream, entry, deliveries, confirmedNanos);
    if (!shared.registry().add(lease)) {
      return;
    }
    if (deliveries > 1) {
      stream.counters().redelivered.add(1);
    }
    dispatcher.submit(lease);
  }

  @Override
  public void admit(GroupStream stream, GroupCommands.Taken taken, long confirmedNanos) {
    for (TakenEntry entry : taken.entries()) {
      admit(stream, entry.entry(), entry.deliveries(), confirmedNanos);
    }
    if (taken.lost() > 0) {
      stream.counters().payloadLost(taken.lost());
    }
  }
}
