package dev.tandem.benchmarks.harness;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for results in a way that a {@link TimeLimit} can end, unlike {@code join}. */
public final class Awaiting {
  private Awaiting() {}

  /** Returns when it is there; fails if it failed. */
  public static void result(Future<?> future) {
    try {
      future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a result", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e);
    }
  }
}
