package dev.tandem.streams.internal.group;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps apart, on one stream, settling deliveries and giving back to its group what is held: what
 * is being acknowledged or buried at this moment would otherwise come back to life. Many may settle
 * at a time, one may give back; who wants to give back lets nobody in who comes later. Safe for use
 * by many threads.
 *
 * <p>Who has entered one gate must not wait for another, unless by {@link #enterAll}.
 */
public final class Gate {
  private static final AtomicLong COUNT = new AtomicLong();

  private final long number = COUNT.getAndIncrement();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int settling;
  private int wanting;
  private @Nullable Thread giving;

  /** Enters to settle, unless somebody gives back or is about to. */
  public boolean tryEnter() {
    lock.lock();
    try {
      if (wanting > 0) {
        return false;
      }
      settling++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nobody gives back, and enters to settle. */
  public void enter() {
    lock.lock();
    try {
      while (wanting > 0) {
        changed.awaitUninterruptibly();
      }
      settling++;
    } finally {
      lock.unlock();
    }
  }

  /** Enters several gates; returns them in the order in which they were entered. */
  public static List<Gate> enterAll(Collection<Gate> gates) {
    // All in the same order, or two could wait for each other.
    List<Gate> inOrder =
        gates.stream()
            .distinct()
            .sorted(Comparator.comparingLong((Gate gate) -> gate.number))
            .toList();
    inOrder.forEach(Gate::enter);
    return inOrder;
  }

  /** Leaves after {@link #enter}, {@link #tryEnter} or {@link #enterAll}. */
  public void leave() {
    lock.lock();
    try {
      settling--;
      if (settling == 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives back while nobody settles; a task may call this again. */
  public void give(Runnable task) {
    if (!begin()) {
      task.run();
      return;
    }
    try {
      task.run();
    } finally {
      end();
    }
  }

  private boolean begin() {
    lock.lock();
    try {
      if (giving == Thread.currentThread()) {
        return false;
      }
      wanting++;
      while (settling > 0 || giving != null) {
        changed.awaitUninterruptibly();
      }
      giving = Thread.currentThread();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      giving = null;
      wanting--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
