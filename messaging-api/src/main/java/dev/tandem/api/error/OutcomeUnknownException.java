package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * The command was sent and the connection ended before its reply: it may have been executed, wholly
 * or not at all. Repeat it only if doing it twice is harmless. Thread safety: immutable.
 */
public final class OutcomeUnknownException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public OutcomeUnknownException(String message, @Nullable Throwable cause) {
    super(ErrorCode.OUTCOME_UNKNOWN, false, message, cause);
  }

  /** Creates the exception with where it happened. */
  public OutcomeUnknownException(
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(ErrorCode.OUTCOME_UNKNOWN, false, message, cause, tenant, destination);
  }
}
