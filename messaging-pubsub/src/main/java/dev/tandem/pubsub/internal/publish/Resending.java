package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.MessagingException;
import java.util.random.RandomGenerator;

/**
 * What is sent again, and when.
 *
 * @param policy how often
 * @param random for the jitter
 */
public record Resending(RetryPolicy policy, RandomGenerator random) {
  /** Whether a call that failed like this may be sent again without publishing anything twice. */
  static boolean isHarmless(Call call, MessagingException why) {
    return switch (why.code()) {
      case UNAVAILABLE, CIRCUIT_OPEN, SERVER_BUSY, REDIRECTED, READ_ONLY -> true;
      case OUTCOME_UNKNOWN -> call.isRemembered();
      default -> false;
    };
  }

  /** Whether a call that failed as often as this one is worth another try. */
  boolean allows(Call call, MessagingException why) {
    return policy.allowsRetry(why, call.failedTries());
  }

  /** How long to wait before the next try. */
  long pauseNanos(Call call) {
    return policy.delayAfter(call.failedTries(), random).toNanos();
  }
}
