package dev.tandem.redis.internal;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls under the connection's circuit breaker, and repeats those that cannot do anything
 * twice: what was not executed for certain, and what is marked repeatable.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Guard {
  private final CircuitBreaker breaker;
  private final Retry notExecuted;
  private final Retry repeatable;
  private final LongAdder repeats = new LongAdder();

  Guard(CircuitBreaker breaker, RetrySettings settings) {
    this.breaker = breaker;
    this.notExecuted = retry("not-executed", settings, false);
    this.repeatable = retry("repeatable", settings, true);
  }

  /** Runs the call, again if that is harmless. */
  <T> T run(boolean isRepeatable, Supplier<Sent<T>> call) {
    return isRepeatable
        ? runRepeatable(call)
        : Retry.decorateSupplier(notExecuted, () -> once(call)).get().result();
  }

  /** A try that may have been executed is not hidden behind a later one that was not. */
  private <T> T runRepeatable(Supplier<Sent<T>> call) {
    AtomicReference<@Nullable OutcomeUnknownException> maybeDone = new AtomicReference<>();
    Supplier<Sent<T>> watched =
        () -> {
          try {
            return once(call);
          } catch (OutcomeUnknownException e) {
            maybeDone.set(e);
            throw e;
          }
        };
    try {
      return Retry.decorateSupplier(repeatable, watched).get().result();
    } catch (MessagingException e) {
      OutcomeUnknownException earlier = maybeDone.get();
      if (earlier == null || earlier == e) {
        throw e;
      }
      earlier.addSuppressed(e);
      throw earlier;
    }
  }

  /** How often a call was tried again. */
  long repeats() {
    return repeats.sum();
  }

  /**
   * A call begins whose end is told by {@link #ended}; it is not repeated here.
   *
   * @return when, for the breaker
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

  private <T> Sent<T> once(Supplier<Sent<T>> call) {
    long start = begun();
    boolean settled = false;
    try {
      Sent<T> sent = call.get();
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
    } else if (isConnectionFailure(error)) {
      breaker.onError(took, unit, error);
    } else {
      return false;
    }
    return true;
  }

  /**
   * What a call gave back.
   *
   * @param result for the caller
   * @param failure what went wrong on the way, if the result is only a part; for the breaker
   * @param mayRepeat whether nothing of it was done, or all of it may be done again
   */
  record Sent<T>(T result, @Nullable MessagingException failure, boolean mayRepeat) {
    static <T> Sent<T> whole(T result) {
      return new Sent<>(result, null, false);
    }
  }

  private static boolean isFromServer(MessagingException error) {
    return switch (error.code()) {
      case UNAVAILABLE, OUTCOME_UNKNOWN, TIMED_OUT, CIRCUIT_OPEN, CLOSED, INVALID_VALUE -> false;
      default -> true;
    };
  }

  /** Whether the server was away; a pool without a free connection says nothing about that. */
  static boolean isConnectionFailure(MessagingException error) {
    return error.code() == ErrorCode.OUTCOME_UNKNOWN
        || (error.code() == ErrorCode.UNAVAILABLE && !ErrorTranslation.isPoolExhausted(error));
  }

  /** Whether a call that failed like this may be made again. */
  static boolean isHarmless(MessagingException error, boolean isRepeatable) {
    return switch (error.code()) {
      case UNAVAILABLE -> !ErrorTranslation.isPoolExhausted(error);
      case SERVER_BUSY, REDIRECTED -> true;
      case OUTCOME_UNKNOWN -> isRepeatable;
      default -> false;
    };
  }

  private Retry retry(String name, RetrySettings settings, boolean alsoUnknown) {
    Retry retry =
        Retry.of(
            name,
            RetryConfig.<Sent<?>>custom()
                .maxAttempts(settings.attempts())
                .intervalFunction(IntervalFunction.ofExponentialBackoff(settings.firstDelay(), 2.0))
                .retryOnException(
                    error -> error instanceof MessagingException e && isHarmless(e, alsoUnknown))
                .retryOnResult(Sent::mayRepeat)
                .failAfterMaxAttempts(false)
                .build());
    retry.getEventPublisher().onRetry(event -> repeats.increment());
    return retry;
  }
}
