package dev.tandem.redis.batch;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import org.jspecify.annotations.Nullable;

/** What may be said of a call that is given up: whether it may have been executed. */
public final class Doubt {
  private Doubt() {}

  /**
   * The same failure, as it is true for a call: another call's trouble does not tell whether this
   * one may have been executed.
   *
   * @param maybeDone whether the call was sent and its reply lost
   */
  public static MessagingException truth(boolean maybeDone, MessagingException why) {
    boolean saysUnknown = why.code() == ErrorCode.OUTCOME_UNKNOWN;
    if (maybeDone == saysUnknown) {
      return why;
    }
    return saysUnknown
        ? new UnavailableException("not sent: " + why.getMessage(), why)
        : unknown(String.valueOf(why.getMessage()), why);
  }

  /** A call was sent again, and even so nobody knows whether it was executed. */
  public static MessagingException unknown(String why, @Nullable Throwable cause) {
    return new OutcomeUnknownException(
        "a reply was lost, and sending again did not tell more: " + why, cause);
  }
}
