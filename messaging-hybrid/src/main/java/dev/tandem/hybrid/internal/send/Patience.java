package dev.tandem.hybrid.internal.send;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * What becomes of a call that did not get through, and when it is sent again.
 *
 * <p>Thread safety: as the policy's classifier and the source of randomness; the sending thread's.
 *
 * @param retry how often a call is sent that the server knows again
 * @param blockFor for how long it is sent again while Redis is away, whatever {@code retry} says
 * @param spools whether it goes to the spool when that is over
 * @param random for the jitter
 */
public record Patience(
    RetryPolicy retry, Duration blockFor, boolean spools, RandomGenerator random) {
  /** How long a message may wait for further tries where there is a spool. */
  private static final long LONGEST_BEFORE_SPOOL = TimeUnit.SECONDS.toNanos(1);

  /** What is done next. */
  enum Verdict {
    AGAIN,
    GIVE_UP,
    SPOOL
  }

  Verdict after(PendingCall call, MessagingException why, long nowNanos) {
    if (!call.call().isRemembered() || !isOutage(why)) {
      return Verdict.GIVE_UP;
    }
    long waited = nowNanos - call.first().takenNanos();
    if (blockFor.toNanos() > waited) {
      return Verdict.AGAIN;
    }
    boolean away = why.code() == ErrorCode.CIRCUIT_OPEN || why.code() == ErrorCode.OUT_OF_MEMORY;
    if (!away
        && !(spools && waited > LONGEST_BEFORE_SPOOL)
        && retry.allowsRetry(why, call.failures())) {
      return Verdict.AGAIN;
    }
    return spools ? Verdict.SPOOL : Verdict.GIVE_UP;
  }

  /**
   * Whether it is the server that is away or takes no writes, and not this call that it refuses.
   */
  private static boolean isOutage(MessagingException why) {
    return switch (why.code()) {
      case UNAVAILABLE,
          CIRCUIT_OPEN,
          OUTCOME_UNKNOWN,
          SERVER_BUSY,
          REDIRECTED,
          READ_ONLY,
          OUT_OF_MEMORY ->
          true;
      default -> false;
    };
  }

  /** How long to wait before the next try. */
  long pauseNanos(PendingCall call) {
    return retry.delayAfter(call.failures(), random).toNanos();
  }
}
