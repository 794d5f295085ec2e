package dev.tandem.pubsub.internal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that wait for a thread: single ones, and bundles of those that came at once, each kind in
 * the order in which it came. Who takes from a bundle takes one task and leaves the rest to all: a
 * task that blocks delays none that came with it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TaskQueue {
  private final ConcurrentLinkedQueue<Runnable> singles = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Bundle> bundles = new ConcurrentLinkedQueue<>();

  /** Tasks that came at once. Filled by one thread, then added and not changed any more. */
  static final class Bundle {
    /** The most tasks of one: {@value}. */
    static final int MOST = 512;

    private final @Nullable Runnable[] tasks = new @Nullable Runnable[MOST];
    private final AtomicInteger taken = new AtomicInteger();
    private int size;

    /** Adds a task; true if there is no room for another. */
    boolean add(Runnable task) {
      tasks[size++] = task;
      return size == MOST;
    }

    boolean isEmpty() {
      return size == 0;
    }

    int size() {
      return size;
    }

    private @Nullable Runnable take() {
      int index = taken.getAndIncrement();
      if (index >= size) {
        return null;
      }
      Runnable task = tasks[index];
      tasks[index] = null;
      return task;
    }

    private boolean isUsedUp() {
      return taken.get() >= size;
    }
  }

  void add(Runnable task) {
    singles.add(task);
  }

  void add(Bundle bundle) {
    bundles.add(bundle);
  }

  /** Takes back a single task; false if it is not there any more. */
  boolean remove(Runnable task) {
    return singles.remove(task);
  }

  /**
   * Takes a task out; null if there is none.
   *
   * @param bundlesFirst which kind to look at first; to be changed each time, so that both get
   *     their turn
   */
  @Nullable Runnable poll(boolean bundlesFirst) {
    if (bundlesFirst) {
      Runnable task = pollBundles();
      return task != null ? task : singles.poll();
    }
    Runnable task = singles.poll();
    return task != null ? task : pollBundles();
  }

  private @Nullable Runnable pollBundles() {
    for (Bundle first = bundles.peek(); first != null; first = bundles.peek()) {
      Runnable task = first.take();
      if (first.isUsedUp()) {
        bundles.remove(first);
      }
      if (task != null) {
        return task;
      }
    }
    return null;
  }

  boolean isEmpty() {
    return singles.isEmpty() && bundles.isEmpty();
  }
}
