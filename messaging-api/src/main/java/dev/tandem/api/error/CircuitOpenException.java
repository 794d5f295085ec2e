package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * The circuit breaker of the connection is open after repeated failures: nothing was sent. Thread
 * safety: immutable.
 */
public final class CircuitOpenException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public CircuitOpenException(String message, @Nullable Throwable cause) {
    super(ErrorCode.CIRCUIT_OPEN, true, message, cause);
  }

  /** Creates the exception with where it happened. */
  public CircuitOpenException(
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(ErrorCode.CIRCUIT_OPEN, true, message, cause, tenant, destination);
  }
}
