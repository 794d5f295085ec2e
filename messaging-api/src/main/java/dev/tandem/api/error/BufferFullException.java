package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * A bounded buffer stayed full for the longest wait that was allowed: the message was not taken and
 * will not be sent. Thread safety: immutable.
 */
public final class BufferFullException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public BufferFullException(String message) {
    super(ErrorCode.BUFFER_FULL, true, message, null);
  }

  /** Creates the exception with where it happened. */
  public BufferFullException(
      String message, @Nullable String tenant, @Nullable String destination) {
    super(ErrorCode.BUFFER_FULL, true, message, null, tenant, destination);
  }
}
