package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.Health;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a publisher is doing, by what became of its messages.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Vitals {
  private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Clock clock;
  private volatile @Nullable Instant lastProof;
  private volatile @Nullable Trouble trouble;

  /** Why a message did not get through, and when. */
  private record Trouble(MessagingException why, long nanos) {
    boolean isFresh() {
      return System.nanoTime() - nanos < FRESH_NANOS;
    }

    boolean isAbsence() {
      return switch (why.code()) {
        case UNAVAILABLE, CIRCUIT_OPEN, OUTCOME_UNKNOWN -> true;
        default -> false;
      };
    }
  }

  Vitals(Clock clock) {
    this.clock = clock;
  }

  /** A message got through. */
  void proven() {
    lastProof = clock.instant();
    if (trouble != null) {
      trouble = null;
    }
  }

  /** One did not. */
  void failed(MessagingException why) {
    trouble = new Trouble(why, System.nanoTime());
  }

  @Nullable Instant lastProof() {
    return lastProof;
  }

  Health health(long spooled) {
    Instant proof = lastProof;
    if (spooled > 0) {
      return new Health(Health.Status.DEGRADED, spooled + " messages wait in the spool", proof);
    }
    Trouble last = trouble;
    if (last == null || !last.isFresh()) {
      return new Health(Health.Status.UP, "what is published gets through", proof);
    }
    return new Health(
        last.isAbsence() ? Health.Status.DOWN : Health.Status.DEGRADED,
        "messages do not get through: " + last.why().getMessage(),
        proof);
  }
}
