package dev.tandem.streams.internal.group;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Repeats what failed for want of a connection, for so long in all: who leaves just after a fault
 * must not leave its name behind, and whose server is gone must not wait for it until the drain
 * time is over. For one thread at a time.
 */
public final class Patience {
  private static final Duration MOST = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final long deadline;
  private long leftNanos = MOST.toNanos();

  /** Until this {@link System#nanoTime()} at the latest. */
  public Patience(long deadline) {
    this.deadline = deadline;
  }

  /** Does what may be done twice; throws its last failure when the time is over. */
  public void run(Runnable repeatable) {
    while (true) {
      long began = System.nanoTime();
      try {
        repeatable.run();
        return;
      } catch (MessagingException e) {
        leftNanos -= System.nanoTime() - began + PAUSE.toNanos();
        long left = Math.min(leftNanos, deadline - System.nanoTime() - PAUSE.toNanos());
        if (!isPassing(e) || left < 0 || !paused()) {
          throw e;
        }
      }
    }
  }

  /** Whether the same may succeed soon. */
  public static boolean isPassing(MessagingException error) {
    return error.retryable() || error.code() == ErrorCode.OUTCOME_UNKNOWN;
  }

  private static boolean paused() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
