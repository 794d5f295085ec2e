package dev.tandem.pubsub.internal.link;

import dev.tandem.api.RetryPolicy;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that reads the subscriber connection and opens another when it ends, until closed: at
 * once if it had served for a while, else after a pause that doubles each time, for what kills one
 * as soon as it works would kill the next, too. When a listener keeps that thread busy, another
 * takes its place, and the first ends as soon as the listener returns; while {@value #MOST_STUCK}
 * are kept busy, no more listeners are run by it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class LinkKeeper {
  /** The most threads that listeners keep busy. */
  static final int MOST_STUCK = 8;

  private static final Logger LOG = LoggerFactory.getLogger(LinkKeeper.class);

  private static final RetryPolicy BACKOFF =
      RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofSeconds(5));
  private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

  private final Supplier<LinkSession> open;
  private final Duration soundAfter;
  private final BusThreads threads;
  private final BusMetrics metrics;
  private final RandomGenerator random;
  private final Events events;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Thread> running = new HashSet<>();
  private boolean started;
  private boolean closed;
  private boolean ended;
  private final AtomicInteger stuck = new AtomicInteger();

  /** Connections that ended since one had served for a while; the thread's that keeps. */
  private volatile int failures;

  private volatile @Nullable LinkSession session;

  /** What becomes of connections; called by the thread that keeps them. */
  interface Events {
    /** Subscribes and hands over what arrives, like {@link LinkSession#run}. */
    boolean run(LinkSession session);

    /** The connection is lost, or could not be made. */
    void onLost();
  }

  /** How a thread's part in a connection ended. */
  private enum End {
    FAILED,
    SERVED,
    TAKEN_OVER
  }

  /**
   * A keeper of no connection yet.
   *
   * @param open makes a connection; may block and throw
   * @param soundAfter how long one must have served for the next to be made at once
   */
  LinkKeeper(
      Supplier<LinkSession> open,
      Duration soundAfter,
      BusThreads threads,
      BusMetrics metrics,
      RandomGenerator random,
      Events events) {
    this.open = open;
    this.soundAfter = soundAfter;
    this.threads = threads;
    this.metrics = metrics;
    this.random = random;
    this.events = events;
  }

  /** Starts, if it has not. */
  void start() {
    lock.lock();
    try {
      if (!started && !closed) {
        startThread(null);
        started = true;
      }
    } finally {
      lock.unlock();
    }
  }

  private void startThread(@Nullable LinkSession busy) {
    threads.factory("link").newThread(() -> run(busy)).start(); // may fail
  }

  boolean isStarted() {
    lock.lock();
    try {
      return started;
    } finally {
      lock.unlock();
    }
  }

  /** The present connection, or null. */
  @Nullable LinkSession session() {
    return session;
  }

  /** Whether the thread that reads may be kept busy. */
  boolean maySpareThread() {
    return stuck.get() < MOST_STUCK;
  }

  /** Has another thread read on; false if none can be started. */
  boolean replaceThread(LinkSession busy) {
    lock.lock();
    try {
      if (!ended) {
        startThread(busy);
        stuck.incrementAndGet();
      }
      return true;
    } catch (Throwable e) { // also errors: there may be a thread to be had soon
      LOG.error("a listener blocks the subscriber connection, and no thread can be started", e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void run(@Nullable LinkSession busy) {
    lock.lock();
    try {
      running.add(Thread.currentThread());
    } finally {
      lock.unlock();
    }
    End end = End.FAILED;
    try {
      end = keep(busy);
    } finally {
      leave(end);
    }
  }

  private void leave(End end) {
    lock.lock();
    try {
      running.remove(Thread.currentThread());
      if (end == End.TAKEN_OVER) {
        stuck.decrementAndGet();
      } else {
        ended = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Keeps a connection: at first this one, whose thread is busy, if given. */
  private End keep(@Nullable LinkSession busy) {
    End end = busy == null ? live() : hold(busy, busy::readOn);
    while (end != End.TAKEN_OVER && !isClosed()) {
      int inARow = end == End.SERVED ? 1 : failures + 1;
      failures = inARow;
      pause(BACKOFF.delayAfter(inARow, random));
      metrics.reconnects().add(1);
      end = live();
    }
    return end;
  }

  /** Holds a new connection until it ends. */
  private End live() {
    LinkSession current;
    try {
      current = open.get();
    } catch (Throwable e) { // also errors: a thread that ends would leave all channels silent
      failed(false, e);
      events.onLost();
      return End.FAILED;
    }
    return hold(current, () -> !begin(current) || events.run(current));
  }

  private boolean begin(LinkSession current) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      session = current;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Holds a connection until it ends, or another thread does.
   *
   * @param reading reads it; false if another thread reads on
   */
  private End hold(LinkSession current, BooleanSupplier reading) {
    try {
      if (!reading.getAsBoolean()) {
        return End.TAKEN_OVER;
      }
    } catch (Throwable e) { // as above
      failed(isSound(current), e);
    }
    End end = isSound(current) ? End.SERVED : End.FAILED;
    current.close();
    session = null;
    events.onLost();
    return end;
  }

  private boolean isSound(LinkSession current) {
    return current.served().compareTo(soundAfter) >= 0;
  }

  private void failed(boolean served, Throwable e) {
    if (isClosed()) {
      return;
    }
    if (served || failures == 0) {
      LOG.warn("subscriber connection is lost, reconnecting until it works: {}", e.toString());
    } else {
      LOG.debug("subscriber connection failed {} times: {}", failures + 1, e.toString());
    }
  }

  private void pause(Duration delay) {
    lock.lock();
    try {
      awaitChange(delay, () -> closed);
    } catch (InterruptedException e) {
      LOG.debug("woken early");
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something to be so; the lock is held. */
  private void awaitChange(Duration longest, BooleanSupplier isSo) throws InterruptedException {
    long left = longest.toNanos();
    while (left > 0 && !isSo.getAsBoolean()) {
      left = changed.awaitNanos(left);
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the connection up for good, and waits a while for that; not on a thread of its own. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    LinkSession current = session;
    if (current != null) {
      current.interrupt();
    }
    awaitEnd();
  }

  private void awaitEnd() {
    lock.lock();
    try {
      if (!running.contains(Thread.currentThread())) {
        awaitChange(LONGEST_JOIN, () -> ended || !started);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
