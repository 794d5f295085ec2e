package dev.tandem.api.internal;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.error.WaitTimeoutException;

/** Says of errors that come from below, where only commands are known, whose they are. */
public final class Located {
  private Located() {}

  /**
   * An error of the same class, code and message that names this tenant and destination, with the
   * given one as its cause; the given one itself if it names a tenant, or is of another class.
   */
  public static MessagingException at(MessagingException why, String tenant, String destination) {
    if (why.tenant().isPresent()) {
      return why;
    }
    String message = String.valueOf(why.getMessage());
    if (why instanceof OutcomeUnknownException) {
      return new OutcomeUnknownException(message, why, tenant, destination);
    } else if (why instanceof UnavailableException) {
      return new UnavailableException(message, why, tenant, destination);
    } else if (why instanceof CircuitOpenException) {
      return new CircuitOpenException(message, why, tenant, destination);
    } else if (why instanceof ServerErrorException) {
      return new ServerErrorException(
          why.code(), why.retryable(), message, why, tenant, destination);
    } else if (why instanceof WaitTimeoutException) {
      return new WaitTimeoutException(message, why, tenant, destination);
    } else if (why instanceof ClosedException) {
      return causedBy(new ClosedException(message, tenant, destination), why);
    } else if (why instanceof BufferFullException) {
      return causedBy(new BufferFullException(message, tenant, destination), why);
    } else if (why.getClass() == MessagingException.class) {
      return new MessagingException(why.code(), why.retryable(), message, why, tenant, destination);
    }
    return why;
  }

  private static MessagingException causedBy(MessagingException located, MessagingException why) {
    located.addSuppressed(why); // these have no cause by their nature
    return located;
  }
}
