package dev.tandem.api.lifecycle;

import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Holds the state of one running object, allows only the changes that {@link LifecycleState#next()}
 * lists, tells listeners, and lets callers wait.
 *
 * <p>Listeners are told every change once and in order, by one thread at a time and without a lock:
 * they may wait for others, also for those who change the state. Who makes a change tells it before
 * it returns, unless somebody is telling one at that moment, a listener for instance: then that one
 * tells this too, afterwards.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Lifecycle {
  private record Change(LifecycleState from, LifecycleState to) {}

  private final String owner;
  private final BiConsumer<String, Throwable> listenerFailure;
  private final List<LifecycleListener> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Change> untold = new ArrayDeque<>();
  private boolean telling;
  private volatile LifecycleState state = LifecycleState.CREATED;

  /**
   * Creates a lifecycle in {@link LifecycleState#CREATED}.
   *
   * @param owner what the object calls itself in errors
   * @param listenerFailure told when a listener throws: a message and the error; what it throws
   *     itself is dropped
   */
  public Lifecycle(String owner, BiConsumer<String, Throwable> listenerFailure) {
    this.owner = Require.notNull("owner", owner);
    this.listenerFailure = Require.notNull("listenerFailure", listenerFailure);
  }

  /** The present state. */
  public LifecycleState state() {
    return state;
  }

  /** Adds a listener for the changes from now on. */
  public void addListener(LifecycleListener listener) {
    listeners.add(Require.notNull("listener", listener));
  }

  /**
   * Changes the state.
   *
   * @throws IllegalStateException if the present state does not allow it
   */
  public void moveTo(LifecycleState to) {
    LifecycleState from = change(to);
    if (!from.next().contains(to)) {
      throw new IllegalStateException(owner + " is " + from + " and cannot become " + to);
    }
  }

  /**
   * Changes the state if the present one allows it; otherwise returns false and changes nothing.
   */
  public boolean tryMoveTo(LifecycleState to) {
    return change(to).next().contains(to);
  }

  /** Changes the state if the present one allows it, and returns the present one. */
  private LifecycleState change(LifecycleState to) {
    LifecycleState from;
    lock.lock();
    try {
      from = state;
      if (from.next().contains(to)) {
        state = to;
        changed.signalAll();
        untold.add(new Change(from, to));
      }
    } finally {
      lock.unlock();
    }
    tellAll();
    return from;
  }

  /**
   * Waits until the state is {@code wanted}, or final, or the time is up.
   *
   * <p>A state that comes and goes quickly may pass unnoticed.
   *
   * @param timeout the longest wait; zero or less asks without waiting
   * @return whether the state is {@code wanted} now
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean await(LifecycleState wanted, Duration timeout) throws InterruptedException {
    Require.notNull("state", wanted);
    return await(state -> state == wanted, timeout);
  }

  /**
   * Waits until {@code wanted} accepts the state, or it is final, or the time is up.
   *
   * @param wanted called with the lock held; it must not block
   * @param timeout the longest wait; zero or less asks without waiting
   * @return whether {@code wanted} accepts the state now
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean await(Predicate<LifecycleState> wanted, Duration timeout)
      throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.convert(Require.notNull("timeout", timeout));
    lock.lockInterruptibly();
    try {
      while (!wanted.test(state) && !state.isFinal() && left > 0) {
        left = changed.awaitNanos(left);
      }
      return wanted.test(state);
    } finally {
      lock.unlock();
    }
  }

  private void tellAll() {
    for (Change change = nextToTell(false); change != null; change = nextToTell(true)) {
      tell(change);
    }
  }

  /** The next change for this thread to tell; null if there is none or another one tells it. */
  private @Nullable Change nextToTell(boolean isTelling) {
    lock.lock();
    try {
      if (telling && !isTelling) {
        return null;
      }
      Change next = untold.poll();
      telling = next != null;
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void tell(Change change) {
    for (LifecycleListener listener : listeners) {
      try {
        listener.onChange(change.from(), change.to());
      } catch (Throwable e) {
        report(owner + ": listener failed on " + change.from() + " to " + change.to(), e);
      }
    }
  }

  private void report(String message, Throwable error) {
    try {
      listenerFailure.accept(message, error);
    } catch (Throwable e) {
      // The place that errors are told to failed itself: there is no other to tell.
    }
  }
}
