package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * A bounded wait of the caller ended before what it waited for; what was started goes on. Thread
 * safety: immutable.
 */
public final class WaitTimeoutException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public WaitTimeoutException(String message, @Nullable Throwable cause) {
    super(ErrorCode.TIMED_OUT, true, message, cause);
  }

  /** Creates the exception with where it happened. */
  public WaitTimeoutException(
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(ErrorCode.TIMED_OUT, true, message, cause, tenant, destination);
  }
}
