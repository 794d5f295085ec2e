package dev.tandem.api.serde;

import java.util.Objects;

/**
 * Whose payload is being turned into bytes or back. Serdes that choose a key by tenant need it;
 * others ignore it.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant the tenant's name
 * @param destination the name of the stream or channel within the tenant; a message published to
 *     both at once bears the stream's name
 */
public record SerdeContext(String tenant, String destination) {
  /** Refuses missing parts. */
  public SerdeContext {
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(destination, "destination");
  }
}
