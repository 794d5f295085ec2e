package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.TakenEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Where deliveries come in, from readers, retries and sweeps. Who asks the server for entries by
 * other means than reading does so exclusively, so that an entry whose reply is on its way is not
 * mistaken for one whose reply was lost.
 */
final class Intake implements Admission {
  private final Shared shared;
  private final Dispatcher dispatcher;
  private final IntSupplier refused;
  private final Pace pace;
  private final Stall stall;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * An intake whose pace follows from how many handlers have finished, and that takes nothing while
   * they stand still, or too many deliveries are refused to be settled.
   */
  Intake(Shared shared, Dispatcher dispatcher, LongSupplier finished, IntSupplier refused) {
    this.shared = shared;
    this.dispatcher = dispatcher;
    this.refused = refused;
    this.pace = new Pace(shared.settings().prefetch(), finished, System.nanoTime());
    this.stall = dispatcher.stall(finished);
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

  /** How many deliveries may be held now that are not handled yet. */
  int limit() {
    pace.look(System.nanoTime());
    return pace.limit();
  }

  /** How many deliveries are held beyond that, for they wait in streams that are not read now. */
  int shelved() {
    return dispatcher.shelved();
  }

  /** How many more entries a reader may ask for; more than one read should bring, perhaps. */
  int room() {
    return mayTakeNone() ? 0 : pace.limit() + dispatcher.shelved() - shared.registry().open();
  }

  /**
   * How many more entries may be taken by other means; more than a reader may, for it would never
   * leave any room for them.
   */
  int extraRoom() {
    return mayTakeNone() ? 0 : Math.max(0, room() + shared.settings().concurrency());
  }

  /** The same, for deliveries of this stream. */
  int extraRoom(GroupStream stream) {
    return Math.min(extraRoom(), roomOf(stream));
  }

  /** How many more deliveries of this stream's tenant may be held, whatever there is room for. */
  int roomOf(GroupStream stream) {
    return stream.isLeaving()
        ? 0
        : Math.max(0, shared.settings().mostOfTenant() - stream.load().open());
  }

  private boolean mayTakeNone() {
    int unsettled = shared.registry().size() - shared.registry().open();
    int failed = refused.getAsInt();
    return unsettled - failed >= WorkerSettings.MOST_UNSETTLED
        || failed >= WorkerSettings.MOST_REFUSED_IN_ALL
        || dispatcher.isPaused()
        || stall.isStalled();
  }

  /** Whether handlers stand still, so that nothing is taken. */
  Stall stall() {
    return stall;
  }

  /** So many entries of so many bytes were read: how many more fit is known from them. */
  void arrived(int entries, long bytes) {
    pace.read(entries, bytes);
  }

  /** Takes in new entries that were read, except those of which this very delivery is held. */
  void admitNew(GroupStream stream, List<RawEntry> entries, long confirmedNanos) {
    List<Lease> leases = new ArrayList<>(entries.size());
    for (RawEntry entry : entries) {
      hold(leases, new Lease(stream, entry, 1, confirmedNanos));
    }
    submit(stream, leases);
  }

  private void submit(GroupStream stream, List<Lease> leases) {
    try {
      dispatcher.submit(stream, leases);
    } catch (RuntimeException | Error e) {
      // Held, they would be renewed for ever; not held, they are found under our name.
      leases.forEach(shared.registry()::drop);
      throw e;
    }
  }

  @Override
  public void admit(GroupStream stream, ClaimCommands.Taken taken, long confirmedNanos) {
    stream.memory().took(taken.entries());
    List<Lease> leases = new ArrayList<>(taken.entries().size());
    for (TakenEntry entry : taken.entries()) {
      hold(leases, new Lease(stream, entry.entry(), entry.deliveries(), confirmedNanos));
    }
    stream.counters().redelivered.add(leases.stream().filter(l -> l.deliveries() > 1).count());
    if (taken.lost() > 0) {
      stream.counters().payloadLost(taken.lost());
    }
    submit(stream, leases);
  }

  private void hold(List<Lease> leases, Lease lease) {
    if (shared.registry().add(lease)) {
      leases.add(lease);
    }
  }
}
