package dev.tandem.redis.internal;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls under the connection's circuit breaker, and repeats those that cannot do anything
 * twice: what was not executed for certain, and what is marked repeatable.
 */
final class Guard {
  private final CircuitBreaker breaker;
  private final Retry notExecuted;
  private final Retry repeatable;

  Guard(CircuitBreaker breaker, RetrySettings settings) {
    this.breaker = breaker;
    this.notExecuted = retry("not-executed", settings, false);
    this.repeatable = retry("repeatable", settings, true);
  }

  /** Runs the call, again if that is harmless. */
  <T> T run(boolean isRepeatable, Supplier<Sent<T>> call) {
    Retry retry = isRepeatable ? repeatable : notExecuted;
    return Retry.decorateSupplier(retry, () -> once(call)).get();
  }

  private <T> T once(Supplier<Sent<T>> call) {
    try {
      breaker.acquirePermission();
    } catch (CallNotPermittedException e) {
      throw new CircuitOpenException(
          "circuit breaker is open after repeated connection failures: nothing was sent", e);
    }
    long start = breaker.getCurrentTimestamp();
    try {
      Sent<T> sent = call.get();
      settle(start, sent.failure());
      return sent.result();
    } catch (RuntimeException e) {
      settle(start, e);
      throw e;
    }
  }

  private void settle(long start, @Nullable Throwable error) {
    long took = breaker.getCurrentTimestamp() - start;
    TimeUnit unit = breaker.getTimestampUnit();
    if (error != null && isConnectionFailure(error)) {
      breaker.onError(took, unit, error);
    } else {
      breaker.onSuccess(took, unit);
    }
  }

  /**
   * What a call gave back.
   *
   * @param result for the caller
   * @param failure what went wrong on the way, if the result is only a part; for the breaker
   */
  record Sent<T>(T result, @Nullable Throwable failure) {}

  static boolean isConnectionFailure(Throwable error) {
    return error instanceof MessagingException e
        && (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.OUTCOME_UNKNOWN);
  }

  private static Retry retry(String name, RetrySettings settings, boolean alsoUnknown) {
    return Retry.of(
        name,
        RetryConfig.custom()
            .maxAttempts(settings.attempts())
            .intervalFunction(IntervalFunction.ofExponentialBackoff(settings.firstDelay(), 2.0))
            .retryOnException(error -> isHarmless(error, alsoUnknown))
            .failAfterMaxAttempts(false)
            .build());
  }

  private static boolean isHarmless(Throwable error, boolean alsoUnknown) {
    if (!(error instanceof MessagingException e)) {
      return false;
    }
    return switch (e.code()) {
      case UNAVAILABLE, SERVER_BUSY, REDIRECTED -> true;
      case OUTCOME_UNKNOWN -> alsoUnknown;
      default -> false;
    };
  }
}
