package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Repeats calls that cannot do anything twice: what was not executed for certain, and what is
 * marked repeatable.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Guard {
  private final Retry notExecuted;
  private final Retry repeatable;
  private final LongAdder repeats = new LongAdder();

  Guard(RetrySettings settings) {
    this.notExecuted = retry("not-executed", settings, false);
    this.repeatable = retry("repeatable", settings, true);
  }

  /** Runs the call, again if that is harmless. */
  <T> T run(boolean isRepeatable, Supplier<Sent<T>> call) {
    return isRepeatable
        ? runRepeatable(call)
        : Retry.decorateSupplier(notExecuted, call).get().result();
  }

  /** A try that may have been executed is not hidden behind a later one that was not. */
  private <T> T runRepeatable(Supplier<Sent<T>> call) {
    AtomicReference<@Nullable OutcomeUnknownException> maybeDone = new AtomicReference<>();
    Supplier<Sent<T>> watched =
        () -> {
          try {
            return call.get();
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
