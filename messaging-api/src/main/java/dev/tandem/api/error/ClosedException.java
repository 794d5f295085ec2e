package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/** The object that was called is closed or closing: nothing was sent. Thread safety: immutable. */
public final class ClosedException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public ClosedException(String message) {
    super(ErrorCode.CLOSED, false, message, null);
  }

  /** Creates the exception with where it happened. */
  public ClosedException(String message, @Nullable String tenant, @Nullable String destination) {
    super(ErrorCode.CLOSED, false, message, null, tenant, destination);
  }
}
