package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One delivery that this worker holds. Safe for use by many threads. */
final class Lease {
  /** Where a delivery stands. */
  enum State {
    /** Waits for a handler. */
    BUFFERED,
    /** Its handler runs. */
    RUNNING,
    /** Its handler returned; not acknowledged yet. */
    SUCCEEDED,
    /** Its handler failed; not put aside or dead-lettered yet. */
    FAILED,
    /** Given up before it was started. */
    DROPPED
  }

  /** What tells deliveries apart: the same entry may be delivered again with another count. */
  record Key(GroupStream stream, EntryId id, long deliveries) {}

  private final Key key;
  private volatile @Nullable RawEntry entry;
  private final AtomicReference<State> state = new AtomicReference<>(State.BUFFERED);
  private volatile long confirmedNanos;
  private final AtomicBoolean lost = new AtomicBoolean();
  private volatile boolean orphaned;
  private volatile boolean dataGone;

  Lease(GroupStream stream, RawEntry entry, long deliveries, long confirmedNanos) {
    this.key = new Key(stream, entry.id(), deliveries);
    this.entry = entry;
    this.confirmedNanos = confirmedNanos;
  }

  Key key() {
    return key;
  }

  GroupStream stream() {
    return key.stream();
  }

  EntryId id() {
    return key.id();
  }

  long deliveries() {
    return key.deliveries();
  }

  /** The entry as long as a handler may need it. */
  RawEntry entry() {
    RawEntry known = entry;
    if (known == null) {
      throw new IllegalStateException(this + " has ended");
    }
    return known;
  }

  /** Lets go of the entry's data: what is finished may wait for long to be settled. */
  void forgetEntry() {
    entry = null;
  }

  State state() {
    return Objects.requireNonNull(state.get());
  }

  boolean move(State from, State to) {
    return state.compareAndSet(from, to);
  }

  /** Whether it takes up one of the worker's permits. */
  boolean isOpen() {
    State now = state();
    return now == State.BUFFERED || now == State.RUNNING;
  }

  /** The server confirmed at this time that it is ours. */
  void confirmed(long nanos) {
    confirmedNanos = nanos;
  }

  /** Whether it may have run out without our knowing. */
  boolean isStale(long nowNanos, long leaseNanos) {
    return !orphaned && nowNanos - confirmedNanos > leaseNanos;
  }

  boolean isLost() {
    return lost.get();
  }

  /** Says that it belongs to another consumer; true the first time. */
  boolean markLost() {
    return lost.compareAndSet(false, true);
  }

  /** Whether the group was lost and could not be given this entry back, for its data is gone. */
  boolean isOrphaned() {
    return orphaned;
  }

  /** Whether its data was seen to be gone: then a sweep may report it lost while it is ours. */
  boolean isDataGone() {
    return dataGone;
  }

  void markDataGone() {
    dataGone = true;
  }

  void markOrphaned() {
    orphaned = true;
  }

  @Override
  public String toString() {
    return stream() + " " + id() + " delivery " + deliveries();
  }
}
