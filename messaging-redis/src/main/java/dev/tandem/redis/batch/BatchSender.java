package dev.tandem.redis.batch;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many callers put entries into a bounded buffer; one thread takes them out, as many as there are
 * up to a batch, and sends them.
 *
 * <p>No timer is needed to form batches: while one batch is on its way the next one gathers, so
 * that batches grow with the load and a lone entry is sent at once. Entries leave in the order in
 * which they came in. An entry that was taken is settled exactly once, also on close, and whatever
 * the sink throws.
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
  private final Condition work = lock.newCondition();
  private final Condition roomMade = lock.newCondition();
  private final Condition settled = lock.newCondition();
  private final WeighedQueue<E> waiting = new WeighedQueue<>();
  private final Progress progress = new Progress();
  private int wantingRoom;
  private int flushing;
  private boolean closing;

  /** When the sending thread is to stop draining, for a close from that thread itself. */
  private @Nullable Long drainUntilNanos;

  /**
   * Creates a sender and starts its thread.
   *
   * @param name what it calls itself in errors
   * @param bytesOf an entry's weight, zero or more; called once for each, by the caller of {@link
   *     #add}
   * @param sink where batches go
   * @param threads makes the sending thread
   */
  public BatchSender(
      String name,
      BatchSettings settings,
      ToIntFunction<? super E> bytesOf,
      BatchSink<E> sink,
      ThreadFactory threads) {
    this.name = Require.notNull("name", name);
    this.settings = Require.notNull("settings", settings);
    this.bytesOf = Require.notNull("bytesOf", bytesOf);
    this.sink = Require.notNull("sink", sink);
    this.thread = Require.notNull("thread", threads.newThread(this::run));
    thread.start();
  }

  /**
   * Takes an entry; it will be sent and settled on the sending thread.
   *
   * <p>A call on the sending thread itself, such as from a callback of a settled entry, never waits
   * for room: nobody else could make it.
   *
   * @throws BufferFullException if there was no room for as long as the settings allow to wait, or
   *     the thread was interrupted while it waited; the interrupt is kept
   * @throws ClosedException if the sender is closed or closing
   */
  public void add(E entry) {
    int bytes = bytesOf.applyAsInt(Require.notNull("entry", entry));
    Require.inRange("weight of an entry", bytes, 0, Integer.MAX_VALUE);
    lock.lock();
    try {
      awaitRoom(bytes);
      waiting.add(entry, bytes);
      progress.accepted();
      if (waiting.size() == 1 || isFull()) {
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for what became of an entry.
   *
   * @param result completed by the sink
   * @throws MessagingException what the result failed with
   * @throws WaitTimeoutException if the calling thread is interrupted, which it then still is; the
   *     entry may still be sent
   * @throws IllegalStateException on the sending thread, which would wait for itself
   */
  public <T> T await(CompletableFuture<T> result) {
    if (Thread.currentThread() == thread && !result.isDone()) {
      throw new IllegalStateException(
          "a call on the sending thread would wait for itself; use the one that gives a future");
    }
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitTimeoutException("interrupted while waiting for a message to be sent", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof MessagingException why) {
        throw why;
      }
      throw new IllegalStateException("a message failed for an unknown reason", e);
    }
  }

  private void awaitRoom(int bytes) {
    long left = Thread.currentThread() == thread ? 0 : settings.maxWait().toNanos();
    while (!closing && !hasRoom(bytes)) {
      if (left <= 0) {
        throw new BufferFullException(
            name
                + " has no room: "
                + waiting.size()
                + " entries ("
                + waiting.bytes()
                + " bytes) wait, limits are "
                + settings.bufferEntries()
                + " and "
                + settings.bufferBytes());
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

  private boolean hasRoom(int bytes) {
    return waiting.isEmpty()
        || (waiting.size() < settings.bufferEntries()
            && waiting.bytes() <= settings.bufferBytes() - bytes);
  }

  private boolean isFull() {
    return waiting.size() >= settings.maxEntries() || waiting.bytes() >= settings.maxBytes();
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
   * Sends without lingering and waits until everything taken so far is settled. On the sending
   * thread itself it does not wait.
   *
   * @return whether it is settled, within the time
   */
  public boolean flush(Duration timeout) {
    long left = Thread.currentThread() == thread ? 0 : timeout.toNanos();
    lock.lock();
    flushing++;
    try {
      long target = progress.taken();
      work.signal();
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
   * Takes nothing more, sends what waits for up to {@code drain}, and fails the rest with {@link
   * ClosedException}. A batch that is on its way then is still settled by the sending thread.
   *
   * <p>On the sending thread itself, such as from a callback of a settled entry, this returns false
   * at once; the rest is sent for up to {@code drain}, and failed after that, when the callback has
   * returned.
   *
   * @return whether everything was settled in time
   */
  public boolean close(Duration drain) {
    boolean self = Thread.currentThread() == thread;
    lock.lock();
    try {
      closing = true;
      if (self && drainUntilNanos == null) {
        drainUntilNanos = System.nanoTime() + drain.toNanos();
      }
      work.signalAll();
      roomMade.signalAll();
    } finally {
      lock.unlock();
    }
    return !self && (flush(drain) || !failWaiting());
  }

  /** Like {@link #close(Duration)} without waiting. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /** Fails what waits; true if anything was not settled by then. */
  private boolean failWaiting() {
    List<E> left;
    boolean incomplete;
    lock.lock();
    try {
      incomplete = progress.settledUpTo(waiting.size()) < progress.taken();
      left = waiting.removeAll();
      progress.failing(left.size());
      work.signalAll();
    } finally {
      lock.unlock();
    }
    left.forEach(entry -> fail(entry, new ClosedException(name + " was closed before sending")));
    settle(() -> progress.failed(left.size()));
    return incomplete;
  }

  private void run() {
    List<E> batch = new ArrayList<>();
    while (take(batch)) {
      try {
        sink.send(batch);
      } catch (Throwable e) { // also errors: futures that hang for ever would be worse
        failAll(batch, e);
      }
      settle(progress::batchDone);
      batch = new ArrayList<>(batch.size());
    }
    failWaiting();
  }

  /** Fills the batch; false when nothing is to be sent any more. */
  private boolean take(List<E> batch) {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closing) {
          return false;
        }
        work.awaitUninterruptibly();
      }
      linger();
      if (drainUntilNanos != null && System.nanoTime() - drainUntilNanos >= 0) {
        return false;
      }
      waiting.drainTo(batch, settings.maxEntries(), settings.maxBytes());
      progress.batchTaken(batch.size(), waiting.size());
      roomMade.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void linger() {
    long left = settings.linger().toNanos();
    while (left > 0 && !isFull() && !closing && wantingRoom == 0 && flushing == 0) {
      try {
        left = work.awaitNanos(left);
      } catch (InterruptedException e) {
        return; // the thread is ours, and ends by close alone
      }
    }
  }

  private void failAll(List<E> batch, Throwable error) {
    MessagingException why =
        error instanceof MessagingException known
            ? known
            : new MessagingException(
                ErrorCode.SERVER_ERROR, false, name + " failed to send: " + error, error);
    if (why != error) {
      LOG.error("{} failed to send a batch of {}", name, batch.size(), error);
    }
    batch.forEach(entry -> fail(entry, why));
  }

  private void fail(E entry, MessagingException why) {
    try {
      sink.fail(entry, why);
    } catch (Throwable e) { // one that cannot be told must not keep the others from being told
      LOG.error("{} failed to report: {}", name, why.getMessage(), e);
    }
  }

  private void settle(Runnable step) {
    lock.lock();
    try {
      step.run();
      settled.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
