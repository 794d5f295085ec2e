package dev.tandem.redis.batch;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many callers put entries into a bounded buffer; one thread takes them out, as many as there are
 * up to a batch, and sends them.
 *
 * <p>No timer is needed to form batches: while one batch is on its way the next one gathers, so
 * that batches grow with the load and a lone entry is sent at once. Entries leave in the order in
 * which they came in. An entry that was taken is settled exactly once, also on close.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <E> what is sent
 */
public final class BatchSender<E> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSender.class);

  private final String name;
  private final BatchSettings settings;
  private final ToIntFunction<? super E> bytesOf;
  private final BatchSink<E> sink;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition roomMade = lock.newCondition();
  private final Condition settled = lock.newCondition();
  private final ArrayDeque<E> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private long accepted;
  private long done;
  private boolean closing;
  private boolean giveUp;

  /**
   * Creates a sender and starts its thread.
   *
   * @param name what it calls itself in errors
   * @param bytesOf an entry's weight
   * @param sink where batches go
   * @param threads makes the sending thread
   */
  public BatchSender(
      String name,
      BatchSettings settings,
      ToIntFunction<? super E> bytesOf,
      BatchSink<E> sink,
      ThreadFactory threads) {
    this.name = name;
    this.settings = settings;
    this.bytesOf = bytesOf;
    this.sink = sink;
    this.thread = threads.newThread(this::run);
    thread.start();
  }

  /**
   * Takes an entry; it will be sent and settled on the sending thread.
   *
   * @throws BufferFullException if there was no room for as long as the settings allow to wait
   * @throws ClosedException if the sender is closed or closing
   */
  public void add(E entry) {
    int bytes = bytesOf.applyAsInt(entry);
    lock.lock();
    try {
      awaitRoom(bytes);
      waiting.add(entry);
      waitingBytes += bytes;
      accepted++;
      if (waiting.size() == 1 || waiting.size() == settings.maxEntries()) {
        notEmpty.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitRoom(int bytes) {
    long left = settings.maxWait().toNanos();
    while (!closing && !hasRoom(bytes)) {
      if (left <= 0) {
        throw new BufferFullException(
            name
                + " has no room: "
                + waiting.size()
                + " entries ("
                + waitingBytes
                + " bytes) wait, limits are "
                + settings.bufferEntries()
                + " and "
                + settings.bufferBytes());
      }
      try {
        left = roomMade.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BufferFullException(name + " has no room, and the wait was interrupted");
      }
    }
    if (closing) {
      throw new ClosedException(name + " is closed");
    }
  }

  private boolean hasRoom(int bytes) {
    return waiting.isEmpty()
        || (waiting.size() < settings.bufferEntries()
            && waitingBytes + bytes <= settings.bufferBytes());
  }

  /** Entries waiting to be sent. */
  public int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until everything taken so far is settled.
   *
   * @return whether it is, within the time
   */
  public boolean flush(Duration timeout) {
    long left = timeout.toNanos();
    lock.lock();
    try {
      long target = accepted;
      while (done < target) {
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
      lock.unlock();
    }
  }

  /**
   * Takes nothing more, sends what waits for up to {@code drain}, and fails the rest with {@link
   * ClosedException}.
   *
   * @return whether everything was sent
   */
  public boolean close(Duration drain) {
    lock.lock();
    try {
      closing = true;
      notEmpty.signalAll();
      roomMade.signalAll();
    } finally {
      lock.unlock();
    }
    boolean drained = flush(drain);
    List<E> left = giveUp();
    for (E entry : left) {
      sink.fail(entry, new ClosedException(name + " was closed before this was sent"));
    }
    finished(left.size());
    return drained;
  }

  /** Like {@link #close(Duration)} without waiting. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private List<E> giveUp() {
    lock.lock();
    try {
      giveUp = true;
      List<E> left = new ArrayList<>(waiting);
      waiting.clear();
      waitingBytes = 0;
      notEmpty.signalAll();
      return left;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    List<E> batch = new ArrayList<>(settings.maxEntries());
    while (take(batch)) {
      try {
        sink.send(batch);
      } catch (RuntimeException e) {
        failAll(batch, e);
      }
      finished(batch.size());
      batch.clear();
    }
  }

  /** Fills the batch; false when nothing will come any more. */
  private boolean take(List<E> batch) {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closing || giveUp) {
          return false;
        }
        notEmpty.awaitUninterruptibly();
      }
      linger();
      long bytes = 0;
      while (batch.size() < settings.maxEntries() && !waiting.isEmpty()) {
        int next = bytesOf.applyAsInt(waiting.peek());
        if (!batch.isEmpty() && bytes + next > settings.maxBytes()) {
          break;
        }
        bytes += next;
        batch.add(waiting.remove());
      }
      waitingBytes -= bytes;
      roomMade.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void linger() {
    long left = settings.linger().toNanos();
    while (left > 0 && waiting.size() < settings.maxEntries() && !closing) {
      try {
        left = notEmpty.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void failAll(List<E> batch, RuntimeException error) {
    MessagingException why =
        error instanceof MessagingException known
            ? known
            : new MessagingException(
                ErrorCode.SERVER_ERROR, false, name + " failed to send: " + error, error);
    if (why != error) {
      LOG.error("{} failed to send a batch of {}", name, batch.size(), error);
    }
    for (E entry : batch) {
      sink.fail(entry, why);
    }
  }

  private void finished(int entries) {
    lock.lock();
    try {
      done += entries;
      settled.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
