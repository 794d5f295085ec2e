package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * The server could not be reached, or the connection was lost before the command was sent: the
 * command was <b>not</b> executed and repeating it is safe. Thread safety: immutable.
 */
public final class UnavailableException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public UnavailableException(String message, @Nullable Throwable cause) {
    super(ErrorCode.UNAVAILABLE, true, message, cause);
  }

  /** Creates the exception with where it happened. */
  public UnavailableException(
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(ErrorCode.UNAVAILABLE, true, message, cause, tenant, destination);
  }
}
