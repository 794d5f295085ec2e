package dev.tandem.tenant;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import java.util.Collection;
import java.util.Set;

/**
 * Tenants were looked for and some may have been missed: those that are named here are there, of
 * the others nothing is known. Looking again may help. Thread safety: immutable.
 */
public final class IncompleteTenantsException extends MessagingException {
  private static final long serialVersionUID = 1L;

  private final transient Set<Tenant> found;

  /** Creates the exception; {@code found} are the tenants that are there for certain. */
  public IncompleteTenantsException(Collection<Tenant> found) {
    super(
        ErrorCode.UNAVAILABLE,
        true,
        "servers or slots changed while tenants were looked for: there may be others than the "
            + found.size()
            + " found",
        null);
    this.found = Set.copyOf(found);
  }

  /** The tenants that are there; empty after serialization. */
  public Set<Tenant> found() {
    return found == null ? Set.of() : found;
  }
}
