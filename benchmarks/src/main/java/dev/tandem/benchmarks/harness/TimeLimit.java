package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How long something may take, so that one who waits for ever for an answer does not stop a run
 * without a word.
 *
 * @param longest after it the thread that is at it is interrupted
 */
public record TimeLimit(Duration longest) {
  /** None that anyone will meet. */
  public static final TimeLimit NONE = new TimeLimit(Duration.ofDays(365));

  /** Many times what the slowest round takes, also over a network. */
  public static final TimeLimit OF_A_ROUND = new TimeLimit(Duration.ofMinutes(20));

  /**
   * Does something in this thread.
   *
   * @param who does it, for the error
   * @throws IllegalStateException if it took longer, whatever came of it
   */
  <T> T call(String who, Callable<T> something) throws Exception {
    Thread working = Thread.currentThread();
    CompletableFuture<Void> end = new CompletableFuture<>();
    var unused =
        end.orTimeout(longest.toMillis(), TimeUnit.MILLISECONDS)
            .exceptionally(
                late -> {
                  working.interrupt();
                  return null;
                });
    Exception failed = null;
    try {
      T result = something.call();
      if (end.complete(null)) {
        return result;
      }
    } catch (Exception e) {
      if (end.complete(null)) {
        throw e;
      }
      failed = e;
    }
    throw new IllegalStateException(who + " did not end within " + longest, failed);
  }
}
