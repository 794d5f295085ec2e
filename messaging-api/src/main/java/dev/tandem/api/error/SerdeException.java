package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * A payload could not be turned into bytes, or bytes into a payload. Repeating cannot help; the
 * message never shows the payload. Thread safety: immutable.
 */
public final class SerdeException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public SerdeException(String message, @Nullable Throwable cause) {
    super(ErrorCode.SERDE_FAILED, false, message, cause);
  }

  /** Creates the exception with where it happened. */
  public SerdeException(
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(ErrorCode.SERDE_FAILED, false, message, cause, tenant, destination);
  }
}
