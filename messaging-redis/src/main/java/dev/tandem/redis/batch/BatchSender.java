package dev.tandem.redis.batch;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
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
 * which they came in; where they are told apart by line (such as a tenant), those of each line do,
 * and lines take turns: however many wait in others, an entry that is the first of its line goes
 * with the next batch, as long as no more lines wait than a batch has entries. An entry that was
 * taken is settled exactly once, also on close, and whatever the sink throws. A sink may keep
 * entries for later; they count as waiting until it settles them.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <E> what is sent
 */
public final class BatchSender<E> implements AutoCloseable {
  /** The longest that {@link #flush} and {@link #close(Duration)} may be told to wait: one day. */
  public static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private static final Logger LOG = LoggerFactory.getLogger(BatchSender.class);

  private final String name;
  private final BatchBuffer<E> buffer;
  private final ToIntFunction<? super E> bytesOf;
  private final Function<? super E, ?> lineOf;
  private final BatchSink<E> sink;
  private final Thread thread;

  /** The caller who sends an entry of its own just now, or null. */
  private volatile @Nullable Thread sendingCaller;

  /** Creates a sender in which all entries stand in one line, and starts its thread. */
  public BatchSender(
      String name,
      BatchSettings settings,
      ToIntFunction<? super E> bytesOf,
      BatchSink<E> sink,
      ThreadFactory threads) {
    this(name, settings, bytesOf, entry -> "", sink, threads);
  }

  /**
   * Creates a sender and starts its thread.
   *
   * @param name what it calls itself in errors
   * @param bytesOf an entry's weight, zero or more; called once for each, by the caller of {@link
   *     #add}
   * @param lineOf in which line an entry waits: by equality of what it gives; called like {@code
   *     bytesOf}
   * @param sink where batches go
   * @param threads makes the sending thread
   */
  public BatchSender(
      String name,
      BatchSettings settings,
      ToIntFunction<? super E> bytesOf,
      Function<? super E, ?> lineOf,
      BatchSink<E> sink,
      ThreadFactory threads) {
    this.name = Require.notNull("name", name);
    this.buffer = new BatchBuffer<>(name, Require.notNull("settings", settings));
    this.bytesOf = Require.notNull("bytesOf", bytesOf);
    this.lineOf = Require.notNull("lineOf", lineOf);
    this.sink = Require.notNull("sink", sink);
    this.thread = Require.notNull("thread", threads.newThread(this::run));
    thread.start();
  }

  /**
   * Takes an entry; it will be sent and settled on the sending thread. Where nothing comes before
   * it, and the sink can do so at once, it is sent from here, and the sending thread only settles
   * it: no thread need wake up for it to be on its way.
   *
   * <p>A call on the sending thread itself, such as from a callback of a settled entry, never waits
   * for room: nobody else could make it.
   *
   * @throws BufferFullException if there was no room for as long as the settings allow to wait, or
   *     the thread was interrupted while it waited; the interrupt is kept
   * @throws ClosedException if the sender is closed or closing
   */
  public void add(E entry) {
    int bytes = weight(entry);
    if (isSending() || !buffer.isQuiet() || !sink.canBegin(entry) || !beginAlone()) {
      buffer.add(entry, line(entry), bytes, !isSending());
      return;
    }
    sendFromHere(entry, () -> sink.begin(entry));
  }

  /**
   * Takes an entry that its caller is going to {@link #await}. Like {@link #add}, but where nothing
   * comes before it, it is sent and settled here, on the calling thread: two threads less to wake
   * up. What the sink keeps of it is left to the sending thread.
   */
  public void addAwaited(E entry) {
    int bytes = weight(entry);
    if (isSending() || !beginAlone()) {
      buffer.add(entry, line(entry), bytes, !isSending());
      return;
    }
    sendFromHere(entry, () -> sink.send(List.of(entry)));
  }

  private boolean beginAlone() {
    return !Thread.currentThread().isInterrupted() && buffer.beginAlone();
  }

  private void sendFromHere(E entry, Runnable sending) {
    sendingCaller = Thread.currentThread();
    try {
      sending.run();
    } catch (Throwable e) { // as in send
      failAll(List.of(entry), e);
    } finally {
      sendingCaller = null;
      buffer.batchDone(sink.kept());
    }
  }

  private int weight(E entry) {
    int bytes = bytesOf.applyAsInt(Require.notNull("entry", entry));
    return Require.inRange("weight of an entry", bytes, 0, Integer.MAX_VALUE);
  }

  private Object line(E entry) {
    return Require.notNull("line of an entry", lineOf.apply(entry));
  }

  /** Whether this thread sends: it must not wait for what only it can do. */
  private boolean isSending() {
    Thread caller = Thread.currentThread();
    return caller == thread || caller == sendingCaller;
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
    if (!result.isDone() && isSending()) {
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

  /** Entries waiting to be sent, those that the sink keeps among them. */
  public int waiting() {
    return buffer.waiting();
  }

  /**
   * Sends without lingering and waits until everything taken so far is settled. On the sending
   * thread itself it does not wait.
   *
   * @param timeout zero to {@link #LONGEST_WAIT}
   * @return whether it is settled, within the time
   */
  public boolean flush(Duration timeout) {
    Require.inRange("timeout", timeout, Duration.ZERO, LONGEST_WAIT);
    return buffer.flush(isSending() ? 0 : timeout.toNanos());
  }

  /**
   * Takes nothing more, sends what waits for up to {@code drain}, and fails the rest with {@link
   * ClosedException}. A batch that is on its way then is still settled by the sending thread.
   *
   * <p>On the sending thread itself, such as from a callback of a settled entry, this returns false
   * at once; the rest is sent for up to {@code drain}, and failed after that, when the callback has
   * returned.
   *
   * @param drain zero to {@link #LONGEST_WAIT}
   * @return whether everything was settled in time
   */
  public boolean close(Duration drain) {
    Require.inRange("drain", drain, Duration.ZERO, LONGEST_WAIT);
    boolean self = isSending();
    if (self) {
      buffer.drainFor(drain);
    }
    buffer.close();
    return !self && (flush(drain) || !failWaiting());
  }

  /** Like {@link #close(Duration)} without waiting. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /** Fails what waits; true if anything was not settled by then. */
  private boolean failWaiting() {
    BatchBuffer.Abandoned<E> left = buffer.abandon();
    left.entries().forEach(entry -> fail(entry, closedBefore()));
    buffer.failed(left.entries().size());
    return left.incomplete();
  }

  private ClosedException closedBefore() {
    return new ClosedException(name + " was closed before sending");
  }

  private void run() {
    for (List<E> batch = buffer.take(); batch != null; batch = buffer.take()) {
      send(batch);
      buffer.batchDone(sink.kept());
    }
    sink.failKept(closedBefore());
    buffer.batchDone(sink.kept());
    failWaiting();
  }

  private void send(List<E> batch) {
    try {
      sink.send(batch);
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      failAll(batch, e);
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
}
