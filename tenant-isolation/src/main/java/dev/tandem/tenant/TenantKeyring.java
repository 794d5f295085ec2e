package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Keyring;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Encryption keys held in memory, each tenant's its own; for {@link
 * dev.tandem.api.serde.Serde#encrypted(Keyring)}. Messages of one tenant open with no key of
 * another's, and once a tenant's keys are gone everywhere, nothing of it can be read again,
 * wherever copies lie.
 *
 * <p>Load it at the start from where you keep secrets, earlier keys included: what is added here is
 * lost with the process. Keep a key there before you make it current, and until no message needs
 * it.
 *
 * <p><b>Rotation while everything runs.</b>
 *
 * <ol>
 *   <li>{@link #add} the new key in every process. Nothing changes yet.
 *   <li>{@link #rotateTo} it in every process, in any order and at any pace. Messages of both keys
 *       are read by all.
 *   <li>When nothing is left that the old key encrypted (the streams' messages, dead and scheduled
 *       letters, events and snapshots, channels' buffers), {@link #retire} it.
 * </ol>
 *
 * <p>A process that is killed at any of these goes on with what it loads. It must not come to read
 * a message of a key that it was not given: that message is unreadable to it, which a worker puts
 * among the dead letters, from where it can be replayed once the key is there.
 *
 * <p><b>Errors.</b> Writing for a tenant without keys, and reading with a key that the tenant does
 * not have, fail with a {@link SerdeException} that names tenant and key id. No message, {@link
 * #toString} included, ever shows a key.
 *
 * <p>Thread safety: safe for use by many threads. A change holds from the next message on.
 */
public final class TenantKeyring implements Keyring {
  private record Keys(EncryptionKey current, Map<String, EncryptionKey> all) {}

  private final ConcurrentHashMap<String, Keys> tenants = new ConcurrentHashMap<>();

  private TenantKeyring() {}

  /** A keyring without keys. */
  public static TenantKeyring create() {
    return new TenantKeyring();
  }

  /**
   * Gives the tenant exactly these keys, at one stroke: for loading.
   *
   * @param current what encrypts
   * @param earlier what decrypts besides
   * @throws InvalidValueException if two different keys have one id; then nothing is changed
   */
  public void load(Tenant tenant, EncryptionKey current, Collection<EncryptionKey> earlier) {
    Keys keys = with(null, tenant, current, true);
    for (EncryptionKey key : Require.notNull("earlier keys", earlier)) {
      keys = with(keys, tenant, key, false);
    }
    tenants.put(tenant.name(), keys);
  }

  /**
   * Adds a key that decrypts; which one encrypts does not change, unless the tenant has no key yet.
   * Adding it again does nothing.
   *
   * @throws InvalidValueException if another key of the tenant has its id
   */
  public void add(Tenant tenant, EncryptionKey key) {
    change(tenant, keys -> with(keys, tenant, key, false));
  }

  /**
   * Makes a key current, adding it if it is new; the earlier ones go on decrypting.
   *
   * @throws InvalidValueException if another key of the tenant has its id
   */
  public void rotateTo(Tenant tenant, EncryptionKey key) {
    change(tenant, keys -> with(keys, tenant, key, true));
  }

  /**
   * Removes an earlier key, if it is there: messages that it encrypted cannot be read any more.
   *
   * @throws InvalidValueException if it is the current key
   */
  public void retire(Tenant tenant, String keyId) {
    change(tenant, keys -> keys == null ? null : without(keys, tenant, keyId));
  }

  /**
   * Removes all keys of a tenant: here nothing of it can be written or read any more.
   *
   * @return whether it had any
   */
  public boolean forget(Tenant tenant) {
    return tenants.remove(Require.notNull("tenant", tenant).name()) != null;
  }

  /** The ids of the tenant's keys, in their order. */
  public List<String> keyIds(Tenant tenant) {
    Keys keys = tenants.get(Require.notNull("tenant", tenant).name());
    return keys == null ? List.of() : List.copyOf(new TreeSet<>(keys.all().keySet()));
  }

  /** The tenants that have keys. */
  public Set<Tenant> tenants() {
    return tenants.keySet().stream().map(Tenant::of).collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public EncryptionKey current(String tenant) {
    Keys keys = tenants.get(tenant);
    if (keys == null) {
      throw new SerdeException("tenant " + tenant + " has no encryption key", null, tenant, null);
    }
    return keys.current();
  }

  @Override
  public Optional<EncryptionKey> find(String tenant, String keyId) {
    Keys keys = tenants.get(tenant);
    return keys == null ? Optional.empty() : Optional.ofNullable(keys.all().get(keyId));
  }

  /** How many tenants it has keys of. */
  @Override
  public String toString() {
    return "TenantKeyring[tenants=" + tenants.size() + "]";
  }

  private void change(Tenant tenant, Change change) {
    tenants.compute(Require.notNull("tenant", tenant).name(), (name, keys) -> change.apply(keys));
  }

  private static Keys with(
      @Nullable Keys keys, Tenant tenant, EncryptionKey key, boolean makeCurrent) {
    String id = Require.notNull("encryption key", key).id();
    Map<String, EncryptionKey> all = new HashMap<>();
    if (keys != null) {
      all.putAll(keys.all());
    }
    EncryptionKey known = all.putIfAbsent(id, key);
    if (known != null && !known.secret().equals(key.secret())) {
      throw new InvalidValueException(
          "encryption key id of tenant " + tenant, id, "must not be that of another key");
    }
    return new Keys(keys == null || makeCurrent ? key : keys.current(), Map.copyOf(all));
  }

  private static Keys without(Keys keys, Tenant tenant, String keyId) {
    if (keys.current().id().equals(keyId)) {
      throw new InvalidValueException(
          "encryption key id of tenant " + tenant, keyId, "must not be the current key's");
    }
    Map<String, EncryptionKey> left = new HashMap<>(keys.all());
    left.remove(keyId);
    return new Keys(keys.current(), Map.copyOf(left));
  }

  @FunctionalInterface
  private interface Change {
    @Nullable Keys apply(@Nullable Keys keys);
  }
}
