package dev.tandem.redis.internal;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Remembers when the server last answered, and tells the lifecycle when it is lost or back. Where a
 * success and a failure cross, the state may be either until the next call.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Liveness {
  private final Clock clock;
  private final Lifecycle lifecycle;
  private final CircuitBreaker breaker;
  private final AtomicLong failures = new AtomicLong();
  private volatile long lastProofMillis = Long.MIN_VALUE;
  private volatile @Nullable String lastFailure;

  Liveness(Clock clock, Lifecycle lifecycle, CircuitBreaker breaker) {
    this.clock = clock;
    this.lifecycle = lifecycle;
    this.breaker = breaker;
  }

  void proven() {
    lastProofMillis = clock.millis();
    if (lastFailure != null) {
      lastFailure = null;
    }
    if (lifecycle.state() == LifecycleState.RECOVERING) {
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
    }
  }

  void failed(Throwable error) {
    failures.incrementAndGet();
    lastFailure = String.valueOf(error.getMessage());
    if (lifecycle.state() == LifecycleState.RUNNING) {
      lifecycle.tryMoveTo(LifecycleState.RECOVERING);
    }
  }

  long failures() {
    return failures.get();
  }

  Health health(String endpoint) {
    Instant proof =
        lastProofMillis == Long.MIN_VALUE ? null : Instant.ofEpochMilli(lastProofMillis);
    String failure = lastFailure;
    if (lifecycle.state().isFinal()) {
      return new Health(
          Health.Status.DOWN, "connection to Redis at " + endpoint + " is closed", proof);
    }
    if (breaker.getState() == CircuitBreaker.State.OPEN) {
      return new Health(
          Health.Status.DOWN, "circuit breaker is open; last failure: " + failure, proof);
    }
    if (failure != null) {
      return new Health(Health.Status.DEGRADED, failure, proof);
    }
    return new Health(Health.Status.UP, "Redis at " + endpoint + " answers", proof);
  }
}
