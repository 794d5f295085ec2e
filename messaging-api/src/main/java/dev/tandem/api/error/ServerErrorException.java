package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * The server answered a command with an error: the command had no effect. {@link #code()} tells the
 * kinds apart that programs act on. Thread safety: immutable.
 */
public final class ServerErrorException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public ServerErrorException(
      ErrorCode code, boolean retryable, String message, @Nullable Throwable cause) {
    super(code, retryable, message, cause);
  }

  /** Creates the exception with where it happened. */
  public ServerErrorException(
      ErrorCode code,
      boolean retryable,
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(code, retryable, message, cause, tenant, destination);
  }
}
