package dev.tandem.redis.batch;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The entries between the callers and the sending thread, and who waits for what: callers for room
 * or for everything to be settled, the sending thread for work.
 *
 * <p>Thread safety: safe for use by many threads; {@link #take} by one, and {@link #batchDone} by
 * whoever sends.
 */
final class BatchBuffer<E> {
  private final String name;
  private final BatchSettings settings;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition roomMade = lock.newCondition();
  private final Condition settled = lock.newCondition();
  private final TurnQueue<E> waiting = new TurnQueue<>();
  private final Progress progress = new Progress();
  private Kept kept = Kept.NOTHING;
  private int wantingRoom;
  private int flushing;

  /** Written under the lock. */
  private volatile boolean sending;

  private boolean closing;
  private boolean abandoned;

  /** When the sending thread is to stop draining, for a close from that thread itself. */
  private @Nullable Long drainUntilNanos;

  BatchBuffer(String name, BatchSettings settings) {
    this.name = name;
    this.settings = settings;
  }

  /** Takes an entry when there is room for it, behind the others of its line. */
  void add(E entry, Object line, int bytes, boolean mayWait) {
    lock.lock();
    try {
      awaitRoom(bytes, mayWait ? settings.maxWait().toNanos() : 0);
      waiting.add(entry, line, bytes);
      progress.accepted();
      if (!sending && (waiting.size() == 1 || isFull())) { // who sends looks again afterwards
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether nobody is sending, as it seems without asking for the lock. */
  boolean isQuiet() {
    return !sending;
  }

  /**
   * Counts an entry as taken and as a batch on its way, which the caller is to send, if nothing
   * comes before it; false, and nothing is taken, otherwise.
   */
  boolean beginAlone() {
    lock.lock();
    try {
      if (sending || size() > 0 || closing || settings.linger().toNanos() > 0) {
        return false;
      }
      progress.accepted();
      progress.batchTaken(1, 0);
      sending = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void awaitRoom(int bytes, long longestNanos) {
    long left = longestNanos;
    while (!closing && !hasRoom(bytes)) {
      if (left <= 0) {
        throw full();
      }
      wantingRoom++;
      work.signal(); // who waits for room cannot add to a batch that lingers
      try {
        left = roomMade.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BufferFullException(name + " has no room, and the wait was interrupted");
      } finally {
        wantingRoom--;
      }
    }
    if (closing) {
      throw new ClosedException(name + " is closed");
    }
  }

  private BufferFullException full() {
    return new BufferFullException(
        name
            + " has no room: "
            + size()
            + " entries ("
            + (waiting.bytes() + kept.bytes())
            + " bytes) wait, limits are "
            + settings.bufferEntries()
            + " and "
            + settings.bufferBytes());
  }

  private boolean hasRoom(int bytes) {
    return size() == 0
        || (size() < settings.bufferEntries()
            && waiting.bytes() + kept.bytes() <= settings.bufferBytes() - bytes);
  }

  private int size() {
    return waiting.size() + kept.entries();
  }

  private boolean isFull() {
    return waiting.size() >= settings.maxEntries() || waiting.bytes() >= settings.maxBytes();
  }

  /** Entries waiting to be sent. */
  int waiting() {
    lock.lock();
    try {
      return size();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until everything taken so far is settled; whether it is, within the time. */
  boolean flush(long longestNanos) {
    long left = longestNanos;
    lock.lock();
    flushing++;
    try {
      long newest = waiting.newest();
      work.signal();
      while (waiting.holdsUpTo(newest)) { // others may leave before them
        if (left <= 0) {
          return false;
        }
        left = settled.awaitNanos(left);
      }
      long target = progress.taken() - waiting.size();
      while (progress.settledUpTo(waiting.size()) < target) {
        if (left <= 0) {
          return false;
        }
        left = settled.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      flushing--;
      lock.unlock();
    }
  }

  /**
   * The next batch: empty when what the sink keeps is due, null when nothing is to be sent any
   * more.
   */
  @Nullable List<E> take() {
    lock.lock();
    try {
      while (sending || (waiting.isEmpty() && !isOver())) {
        if (sending) {
          work.awaitUninterruptibly(); // for a caller who sends
          continue;
        }
        long left = kept.entries() == 0 ? Long.MAX_VALUE : kept.dueNanos() - System.nanoTime();
        if (left <= 0) {
          sending = true;
          return new ArrayList<>(0);
        }
        awaitWork(left);
      }
      linger();
      if (isOver()) {
        return null;
      }
      List<E> batch = new ArrayList<>(Math.min(waiting.size(), settings.maxEntries()));
      waiting.drainTo(batch, settings.maxEntries(), settings.maxBytes());
      progress.batchTaken(batch.size(), waiting.size());
      sending = true;
      roomMade.signalAll();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver() {
    return abandoned
        || (closing && size() == 0)
        || (drainUntilNanos != null && System.nanoTime() - drainUntilNanos >= 0);
  }

  private void linger() {
    long left = settings.linger().toNanos();
    if (kept.entries() > 0) {
      left = Math.min(left, kept.dueNanos() - System.nanoTime());
    }
    while (left > 0 && !isFull() && !closing && wantingRoom == 0 && flushing == 0) {
      left = awaitWork(left);
    }
  }

  @SuppressWarnings("WaitNotInLoop") // its callers loop
  private long awaitWork(long longestNanos) {
    long left = longestNanos;
    if (drainUntilNanos != null) {
      left = Math.min(left, drainUntilNanos - System.nanoTime());
    }
    try {
      return work.awaitNanos(left);
    } catch (InterruptedException e) {
      return 0; // the thread is ours, and ends by close alone
    }
  }

  /** The batch that was taken last is settled, but for what the sink keeps. */
  void batchDone(Kept keptNow) {
    lock.lock();
    try {
      boolean makesRoom = keptNow.entries() < kept.entries();
      kept = keptNow;
      progress.batchDone(keptNow.before());
      sending = false;
      if (size() > 0 || closing) {
        work.signal(); // heard if a caller has sent
      }
      settled.signalAll();
      if (makesRoom) {
        roomMade.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing more. */
  void close() {
    lock.lock();
    try {
      closing = true;
      work.signalAll();
      roomMade.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The sending thread is to stop after this time, if not told before. */
  void drainFor(Duration drain) {
    lock.lock();
    try {
      if (drainUntilNanos == null) {
        drainUntilNanos = System.nanoTime() + drain.toNanos();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives up what waits, to be failed by the caller; the sending thread is to stop. */
  Abandoned<E> abandon() {
    lock.lock();
    try {
      boolean incomplete = progress.settledUpTo(waiting.size()) < progress.taken();
      List<E> left = waiting.removeAll();
      progress.failing(left.size());
      abandoned = true;
      work.signalAll();
      return new Abandoned<>(left, incomplete);
    } finally {
      lock.unlock();
    }
  }

  /** So many abandoned entries have been failed. */
  void failed(int entries) {
    lock.lock();
    try {
      progress.failed(entries);
      settled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * What was given up.
   *
   * @param entries what waited
   * @param incomplete whether anything was not settled by then
   */
  record Abandoned<E>(List<E> entries, boolean incomplete) {}
}
