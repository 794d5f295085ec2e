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

/**
 * Holds the state of one running object, allows only the changes that {@link LifecycleState#next()}
 * lists, tells listeners, and lets callers wait.
 *
 * <p>Changes and the calls to listeners happen under one lock, so listeners see every change once
 * and in order. A change that a listener makes is told after the one it was told of.
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
    lock.lock();
    try {
      LifecycleState from = state;
      if (!tryMoveTo(to)) {
        throw new IllegalStateException(owner + " is " + from + " and cannot become " + to);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes the state if the present one allows it; otherwise returns false and changes nothing.
   */
  public boolean tryMoveTo(LifecycleState to) {
    lock.lock();
    try {
      LifecycleState from = state;
      if (!from.next().contains(to)) {
        return false;
      }
      state = to;
      changed.signalAll();
      untold.add(new Change(from, to));
      tellAll();
      return true;
    } finally {
      lock.unlock();
    }
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
    if (telling) {
      return;
    }
    telling = true;
    try {
      for (Change change = untold.poll(); change != null; change = untold.poll()) {
        tell(change);
      }
    } finally {
      telling = false;
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
    } catch (RuntimeException e) {
      // The place that errors are told to failed itself: there is no other to tell.
    }
  }
}
