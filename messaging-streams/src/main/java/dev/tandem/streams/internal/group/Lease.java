package dev.tandem.streams.internal.group;

import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.entry.ReplayFormat;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/** One delivery that this worker holds. Safe for use by many threads. */
public final class Lease {
  /** Where a delivery stands. */
  public enum State {
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
  public record Key(GroupStream stream, EntryId id, long deliveries) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && stream == key.stream
          && deliveries == key.deliveries
          && id.equals(key.id);
    }

    @Override
    public int hashCode() {
      return 31 * id.hashCode() + (int) deliveries;
    }
  }

  // One of these is made for every message: updaters instead of atomics save two objects in each.
  private static final AtomicReferenceFieldUpdater<Lease, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(Lease.class, State.class, "state");
  private static final AtomicIntegerFieldUpdater<Lease> LOST =
      AtomicIntegerFieldUpdater.newUpdater(Lease.class, "lost");

  private final Key key;
  private final EntryId messageId;
  private volatile @Nullable RawEntry entry;
  private volatile State state = State.BUFFERED;
  private volatile long confirmedNanos;
  private volatile int lost;
  private volatile boolean orphaned;
  private volatile boolean dataGone;
  private volatile boolean perhapsDone;
  private volatile boolean perhapsParked;

  public Lease(GroupStream stream, RawEntry entry, long deliveries, long confirmedNanos) {
    this.key = new Key(stream, entry.id(), deliveries);
    RawEntry message = stream.isReplay() ? ReplayFormat.read(entry).original() : entry;
    this.entry = message;
    this.messageId = message.id();
    this.confirmedNanos = confirmedNanos;
  }

  public Key key() {
    return key;
  }

  public GroupStream stream() {
    return key.stream();
  }

  public EntryId id() {
    return key.id();
  }

  /** The id that the message was published with, which a replay keeps. */
  public EntryId messageId() {
    return messageId;
  }

  public long deliveries() {
    return key.deliveries();
  }

  /** The entry as it was published, as long as a handler may need it. */
  public RawEntry entry() {
    RawEntry known = entry;
    if (known == null) {
      throw new IllegalStateException(this + " has ended");
    }
    return known;
  }

  /** Lets go of the entry's data: what is finished may wait for long to be settled. */
  public void forgetEntry() {
    entry = null;
  }

  public State state() {
    return state;
  }

  public boolean move(State from, State to) {
    return STATE.compareAndSet(this, from, to);
  }

  /** Whether it takes up one of the worker's permits. */
  public boolean isOpen() {
    State now = state();
    return now == State.BUFFERED || now == State.RUNNING;
  }

  /** The server confirmed at this time that it is ours. */
  public void confirmed(long nanos) {
    confirmedNanos = nanos;
  }

  /**
   * For how many milliseconds the server must call an entry idle until a lease of this length is
   * over for its holder too. The server counts from the beginning of one millisecond to that of
   * another, and so up to one too many. A lease of zero is over at once.
   */
  static long overWhenIdleMillis(Duration lease) {
    return lease.isZero() ? 0 : lease.plusNanos(999_999).toMillis() + 1;
  }

  /** Whether it may have run out without our knowing. */
  public boolean isStale(long nowNanos, long leaseNanos) {
    return !orphaned && nowNanos - confirmedNanos > leaseNanos;
  }

  public boolean isLost() {
    return lost != 0;
  }

  /** Says that it belongs to another consumer; true the first time. */
  public boolean markLost() {
    return LOST.compareAndSet(this, 0, 1);
  }

  /** Whether the group was lost and could not be given this entry back, for its data is gone. */
  public boolean isOrphaned() {
    return orphaned;
  }

  /** Whether its data was seen to be gone: then a sweep may report it lost while it is ours. */
  public boolean isDataGone() {
    return dataGone;
  }

  public void markDataGone() {
    dataGone = true;
  }

  public void markOrphaned() {
    orphaned = true;
  }

  /**
   * Whether the server may have finished it already, though we do not know: a group that is made
   * again must not be given it back, or it would be done twice.
   */
  public boolean isPerhapsDone() {
    return perhapsDone;
  }

  public void markPerhapsDone() {
    perhapsDone = true;
  }

  /**
   * Whether the server may have put it aside already, though we do not know: then it is not ours,
   * which means no loss. A group that is made again is given it back unless it waits there.
   */
  public boolean isPerhapsParked() {
    return perhapsParked;
  }

  public void markPerhapsParked() {
    perhapsParked = true;
  }

  @Override
  public String toString() {
    return stream() + " " + id() + " delivery " + deliveries();
  }
}
