package dev.tandem.api.error;

/** The object that was called is closed or closing: nothing was sent. Thread safety: immutable. */
public final class ClosedException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public ClosedException(String message) {
    super(ErrorCode.CLOSED, false, message, null);
  }
}
