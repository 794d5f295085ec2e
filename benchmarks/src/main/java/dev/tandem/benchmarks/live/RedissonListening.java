package dev.tandem.benchmarks.live;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.redisson.api.RFuture;

/**
 * Waits for listeners of a Redisson client, but not for ever, as its own blocking methods were once
 * seen to do. A listener that is not in force in time loses what it should have been given.
 */
final class RedissonListening {
  private Duration patience = Arrivals.PATIENCE;

  /**
   * Returns when it is in force, or takes too long; for those after one that did, no more waits.
   */
  void await(RFuture<?> adding) throws InterruptedException {
    try {
      adding.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      patience = Duration.ZERO;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a listener could not be added", e);
    }
  }
}
