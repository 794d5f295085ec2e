package dev.tandem.api.serde;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keys held in memory, the same for all tenants, one of them current.
 *
 * <p>To rotate without losing a message where several processes share a destination: {@link #add}
 * the new key in all of them, then {@link #rotateTo} it in all, and {@link #remove} the old one
 * when no message that it encrypted is left, dead letters included. Changes hold from the next
 * message on.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class InMemoryKeyring implements Keyring {
  private record Keys(EncryptionKey current, Map<String, EncryptionKey> all) {}

  private volatile Keys keys;

  private InMemoryKeyring(EncryptionKey current) {
    keys = new Keys(current, Map.of(current.id(), current));
  }

  /** A keyring with this key, which is current. */
  public static InMemoryKeyring of(EncryptionKey current) {
    return new InMemoryKeyring(Require.notNull("encryption key", current));
  }

  /**
   * Adds a key that decrypts; which one encrypts does not change. Adding it again does nothing.
   *
   * @throws InvalidValueException if another key has its id
   */
  public synchronized void add(EncryptionKey key) {
    keys = new Keys(keys.current(), with(key));
  }

  /**
   * Makes a key current, adding it if it is new; the earlier ones go on decrypting.
   *
   * @throws InvalidValueException if another key has its id
   */
  public synchronized void rotateTo(EncryptionKey key) {
    keys = new Keys(key, with(key));
  }

  /**
   * Removes a key, if it is there: messages that it encrypted cannot be read any more.
   *
   * @throws InvalidValueException if it is the current key
   */
  public synchronized void remove(String keyId) {
    if (keys.current().id().equals(keyId)) {
      throw new InvalidValueException("encryption key id", keyId, "must not be the current key's");
    }
    Map<String, EncryptionKey> left = new HashMap<>(keys.all());
    left.remove(keyId);
    keys = new Keys(keys.current(), Map.copyOf(left));
  }

  @Override
  public EncryptionKey current(String tenant) {
    return keys.current();
  }

  @Override
  public Optional<EncryptionKey> find(String tenant, String keyId) {
    return Optional.ofNullable(keys.all().get(keyId));
  }

  /** The current id and the number of keys. */
  @Override
  public String toString() {
    Keys now = keys;
    return "InMemoryKeyring[current=" + now.current().id() + ", keys=" + now.all().size() + "]";
  }

  private Map<String, EncryptionKey> with(EncryptionKey key) {
    Require.notNull("encryption key", key);
    EncryptionKey known = keys.all().get(key.id());
    if (known != null && !known.sameSecret(key)) {
      throw new InvalidValueException(
          "encryption key id", key.id(), "must not be the id of another key");
    }
    Map<String, EncryptionKey> more = new HashMap<>(keys.all());
    more.put(key.id(), key);
    return Map.copyOf(more);
  }
}
