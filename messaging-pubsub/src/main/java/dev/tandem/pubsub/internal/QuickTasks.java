package dev.tandem.pubsub.internal;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Keeps back one task of those that a thread gives in, for that thread to run by itself: nobody
 * needs to be woken up for it.
 *
 * <p>Thread safety: {@link #gather} is called by one thread at a time; {@link #keep} is safe for
 * use by many.
 */
final class QuickTasks {
  private volatile @Nullable Thread gathering;
  private @Nullable Runnable kept;

  /**
   * Runs something on this thread, and returns the first task that it gave in, or null.
   *
   * @param others gets that task if the giver throws
   */
  @Nullable Runnable gather(Runnable giver, Executor others) {
    boolean isDone = false;
    gathering = Thread.currentThread();
    try {
      giver.run();
      isDone = true;
    } finally {
      gathering = null;
      Runnable left = isDone ? null : take();
      if (left != null) {
        others.execute(left);
      }
    }
    return take();
  }

  private @Nullable Runnable take() {
    Runnable task = kept;
    kept = null;
    return task;
  }

  /** Whether the task was kept back; if not, it is to be run by another thread. */
  boolean keep(Runnable task) {
    if (Thread.currentThread() != gathering || kept != null) {
      return false;
    }
    kept = task;
    return true;
  }
}
