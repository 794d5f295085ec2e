package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeyring;
import java.util.Base64;
import java.util.List;

/** Publishes in a JVM of its own until it is killed, and changes its key after a while. */
final class RotationMain {
  /** How many messages are published with the first key. */
  static final int BEFORE = 40;

  private RotationMain() {}

  /**
   * Arguments: URL, tenant, what the payloads begin with, and the two keys, each as id and Base64.
   * Prints {@code sent <payload>} for what was confirmed.
   */
  public static void main(String[] arguments) {
    Tenant tenant = Tenant.of(arguments[1]);
    EncryptionKey first = key(arguments[3], arguments[4]);
    EncryptionKey second = key(arguments[5], arguments[6]);
    TenantKeyring keyring = TenantKeyring.create();
    keyring.load(tenant, first, List.of());
    try (RedisConnection redis = RedisConnection.connect(arguments[0]);
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      Route<String> route = KeyRotationIT.route(keyring);
      for (int i = 0; ; i++) {
        if (i == BEFORE) {
          keyring.add(tenant, second);
          keyring.rotateTo(tenant, second);
        }
        hybrid.publish(tenant, Message.of("paid", arguments[2] + i), route);
        System.out.println("sent " + arguments[2] + i);
      }
    }
  }

  private static EncryptionKey key(String id, String secret) {
    return EncryptionKey.of(id, Base64.getDecoder().decode(secret));
  }
}
