package dev.tandem.hybrid.internal.spool;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.Spool;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits, and in which files. Nothing is read, written or deleted here.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class SpoolState {
  private final Spool spool;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final SpoolFiles files;
  private final SpoolIndex index = new SpoolIndex();
  private final boolean awayForAll;
  private volatile boolean holdsAny;
  private long nextNumber = 1;
  private boolean away;
  private boolean closed;
  private boolean released;

  /**
   * Nothing waits.
   *
   * @param awayForAll whether a server that is away for one tenant is away for all
   */
  SpoolState(Spool spool, boolean awayForAll) {
    this.spool = spool;
    this.files = new SpoolFiles(spool.maxBytes());
    this.awayForAll = awayForAll;
  }

  /** How much there is. */
  record Depth(long messages, long bytes, long oldestMillis) {}

  /** A file was found, with these records that wait, and this number as its highest. */
  void found(Segment segment, List<SpoolRecord> records, long highest) {
    lock.lock();
    try {
      nextNumber = Math.max(nextNumber, highest + 1);
      if (!records.isEmpty()) {
        files.add(segment);
        addAll(segment, records);
      }
    } finally {
      lock.unlock();
    }
  }

  private void addAll(Segment segment, List<SpoolRecord> records) {
    records.forEach(index::add);
    records.forEach(segment::waitingMore);
    holdsAny = true;
  }

  /** Whether a tenant's messages go here, and not to the server. */
  boolean takes(Tenant tenant) {
    if (!holdsAny) {
      return false;
    }
    lock.lock();
    try {
      return index.holds(tenant) || (away && !index.isEmpty());
    } finally {
      lock.unlock();
    }
  }

  /** The server was found to be away, or to be back. */
  void away(boolean isAway) {
    lock.lock();
    try {
      away = isAway && awayForAll;
    } finally {
      lock.unlock();
    }
  }

  /** Numbers those that there is room for; says why others were left out, or null. */
  @Nullable MessagingException admit(List<Draft> drafts) {
    MessagingException failure = null;
    lock.lock();
    try {
      long messages = index.messages();
      long bytes = files.bytes();
      for (Draft draft : drafts) {
        if (closed) {
          failure = new ClosedException("the spool " + spool.directory() + " is closed");
        } else if (messages + draft.messages() > spool.maxMessages()
            || bytes + draft.bytes() + SegmentHead.SIZE > spool.maxBytes()) {
          failure = full(messages, bytes);
        } else {
          draft.admit(nextNumber++);
          messages += draft.messages();
          bytes += draft.bytes();
        }
      }
    } finally {
      lock.unlock();
    }
    return failure;
  }

  private BufferFullException full(long messages, long bytes) {
    return new BufferFullException(
        "the spool "
            + spool.directory()
            + " has no room: "
            + messages
            + " messages ("
            + bytes
            + " bytes) wait, limits are "
            + spool.maxMessages()
            + " and "
            + spool.maxBytes());
  }

  /** The file that is written to, if so many bytes more fit. */
  @Nullable Segment withRoomFor(long bytes) {
    lock.lock();
    try {
      return files.withRoomFor(bytes);
    } finally {
      lock.unlock();
    }
  }

  /** Whether so many bytes may go behind so many others in one file. */
  boolean isRoomFor(long end, long bytes) {
    return files.isRoomFor(end, bytes);
  }

  /** The file that is written to from now on. */
  void created(Segment segment) {
    lock.lock();
    try {
      files.add(segment);
    } finally {
      lock.unlock();
    }
  }

  /** Records were written. */
  void written(Segment segment, List<SpoolRecord> records) {
    lock.lock();
    try {
      addAll(segment, records);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A record is settled; gives its file if that is to be deleted. */
  @Nullable Segment settled(SpoolRecord record) {
    Segment segment = record.segment();
    lock.lock();
    try {
      index.remove(record);
      segment.waitingLess(record);
      holdsAny = !index.isEmpty();
      if (released || segment.waiting() > 0 || files.isLast(segment)) {
        return null;
      }
      files.remove(segment);
      return segment;
    } finally {
      lock.unlock();
    }
  }

  /** The file that was written last, if all of it is settled: it is to be deleted. */
  @Nullable Segment lastIfSettled() {
    lock.lock();
    try {
      return files.removeLastIfSettled();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Files that are worth being rewritten as one; none if there are no such, or it is too late. They
   * are frozen, since one of them may become the last when those behind it are settled.
   */
  List<Segment> freezeForRewriting() {
    lock.lock();
    try {
      List<Segment> some = closed ? List.of() : files.worthRewriting();
      some.forEach(Segment::freeze);
      return some;
    } finally {
      lock.unlock();
    }
  }

  /** The records that wait in any of these files, in order. */
  List<SpoolRecord> waitingIn(List<Segment> segments) {
    lock.lock();
    try {
      return index.in(segments);
    } finally {
      lock.unlock();
    }
  }

  /** What waited in some files is in one now; false if it is too late for that. */
  boolean rewritten(List<Segment> old, Segment into, List<SpoolRecord> moved) {
    lock.lock();
    try {
      if (released) {
        return false;
      }
      moved.forEach(into::waitingMore);
      files.replace(old, into);
      index.replace(moved);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The highest number that was given. */
  long highestNumber() {
    lock.lock();
    try {
      return nextNumber - 1;
    } finally {
      lock.unlock();
    }
  }

  /** The first records of some tenants, whose turn is over then. */
  List<List<SpoolRecord>> heads(Predicate<Tenant> wanted, int mostTenants, int mostOfEach) {
    lock.lock();
    try {
      return index.heads(wanted, mostTenants, mostOfEach);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there are records, and if there are, for up to so long for more.
   *
   * @return false if nothing is to be done any more
   */
  boolean await(long nanos) {
    lock.lock();
    try {
      long seen = nextNumber;
      long left = nanos;
      while (!closed && (index.isEmpty() || (left > 0 && seen == nextNumber))) {
        left = index.isEmpty() ? awaitAny(nanos) : changed.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      return false; // the thread is ours, and ends by that alone
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // its caller loops
  private long awaitAny(long left) throws InterruptedException {
    changed.await();
    return left;
  }

  Depth depth(long nowMillis) {
    lock.lock();
    try {
      return new Depth(index.messages(), files.bytes(), index.oldestMillis(nowMillis));
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing more, and lets {@link #await} return. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes all files out: they are somebody else's from now on. */
  List<Segment> release() {
    lock.lock();
    try {
      released = true;
      return files.removeAll();
    } finally {
      lock.unlock();
    }
  }
}
