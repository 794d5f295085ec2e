package dev.tandem.hybrid.internal.send;

import dev.tandem.api.internal.DaemonThreads;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sending thread, and knows it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SendingThread implements ThreadFactory {
  private static final long LONGEST_END = TimeUnit.SECONDS.toMillis(30);

  private final ThreadFactory threads = DaemonThreads.named("tandem-hybrid-publisher");
  private volatile @Nullable Thread thread;

  @Override
  public Thread newThread(Runnable task) {
    Thread made = threads.newThread(task);
    thread = made;
    return made;
  }

  /** Whether the caller runs on it. */
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  /** Waits for its end, but not on itself, and not for ever. */
  public void join() {
    Thread made = thread;
    if (made == null || isCurrent()) {
      return;
    }
    try {
      made.join(LONGEST_END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
