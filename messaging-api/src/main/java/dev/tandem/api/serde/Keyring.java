package dev.tandem.api.serde;

import java.util.Optional;

/**
 * Where {@link Serde#encrypted} finds its keys.
 *
 * <p>A keyring may give each tenant keys of its own: destroying a tenant's keys then makes all its
 * payloads unreadable, wherever copies of them lie. {@link InMemoryKeyring} gives all tenants the
 * same.
 *
 * <p>Called once for each message, on the thread that publishes or delivers it: answer from memory,
 * and throw {@link dev.tandem.api.error.UnavailableException} rather than return nothing while keys
 * cannot be reached, so that the message is tried again and not given up as unreadable.
 *
 * <p>Thread safety: implementations must be safe for use by many threads.
 */
public interface Keyring {
  /** The key that encrypts the tenant's messages from now on. */
  EncryptionKey current(String tenant);

  /**
   * The tenant's key of this id, current or earlier, or nothing if the tenant has no such key.
   *
   * @param tenant the tenant whose message is read
   * @param keyId 1 to {@value EncryptionKey#MAX_ID} characters that {@link EncryptionKey#of}
   *     allows, but otherwise whatever the bytes say that someone put into Redis
   */
  Optional<EncryptionKey> find(String tenant, String keyId);
}
