package dev.tandem.redis.internal;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.MessagingException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses calls to a node that was away for the last ones; what the node answers, even an error, is
 * a success.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Breaker {
  private final CircuitBreaker breaker;

  Breaker(CircuitBreaker breaker) {
    this.breaker = breaker;
  }

  /**
   * A call begins whose end is told by {@link #ended}.
   *
   * @return when
   * @throws CircuitOpenException if it is refused
   */
  long begun() {
    try {
      breaker.acquirePermission();
    } catch (CallNotPermittedException e) {
      throw new CircuitOpenException(
          "circuit breaker is open after repeated connection failures: nothing was sent", e);
    }
    return breaker.getCurrentTimestamp();
  }

  /** A call that has {@linkplain #begun} ends, with this failure or null. */
  void ended(long start, @Nullable MessagingException failure) {
    if (!settle(start, failure)) {
      breaker.releasePermission();
    }
  }

  /** Makes the call, once, unless it is refused. */
  <T> Guard.Sent<T> run(Supplier<Guard.Sent<T>> call) {
    long start = begun();
    boolean settled = false;
    try {
      Guard.Sent<T> sent = call.get();
      settled = settle(start, sent.failure());
      return sent;
    } catch (MessagingException e) {
      settled = settle(start, e);
      throw e;
    } finally {
      if (!settled) {
        breaker.releasePermission();
      }
    }
  }

  /** Tells the breaker how it went; false if it says nothing about the server. */
  private boolean settle(long start, @Nullable MessagingException error) {
    long took = breaker.getCurrentTimestamp() - start;
    TimeUnit unit = breaker.getTimestampUnit();
    if (error == null || isFromServer(error)) {
      breaker.onSuccess(took, unit);
    } else if (Guard.isConnectionFailure(error)) {
      breaker.onError(took, unit, error);
    } else {
      return false;
    }
    return true;
  }

  private static boolean isFromServer(MessagingException error) {
    return switch (error.code()) {
      case UNAVAILABLE, OUTCOME_UNKNOWN, TIMED_OUT, CIRCUIT_OPEN, CLOSED, INVALID_VALUE -> false;
      default -> true;
    };
  }

  /** Forgets what was seen, and lets calls through again. */
  void reset() {
    breaker.reset();
  }

  CircuitBreaker.State state() {
    return breaker.getState();
  }

  /** Whether it would refuse calls, or is not sure whether to. */
  boolean isWatchful() {
    return state() != CircuitBreaker.State.CLOSED;
  }

  boolean isOpen() {
    return state() == CircuitBreaker.State.OPEN;
  }
}
