package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeyring;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/** Changes its key step by step in a JVM of its own, publishing between, to be killed at a step. */
final class SteppingMain {
  /** How many messages are published at each step. */
  static final int EACH = 20;

  private SteppingMain() {}

  /**
   * Arguments: URL, tenant, what the payloads begin with, id and Base64 of the first key, and of
   * the second. After each step, {@code load}, {@code add}, {@code rotate} and {@code retire}, it
   * publishes, prints {@code at <step>} and waits for a byte on standard input.
   */
  public static void main(String[] arguments) throws IOException {
    Tenant tenant = Tenant.of(arguments[1]);
    EncryptionKey first = key(arguments[3], arguments[4]);
    EncryptionKey second = key(arguments[5], arguments[6]);
    TenantKeyring keyring = TenantKeyring.create();
    try (RedisConnection redis = RedisConnection.connect(arguments[0]);
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      for (String step : List.of("load", "add", "rotate", "retire")) {
        switch (step) {
          case "load" -> keyring.load(tenant, first, List.of());
          case "add" -> keyring.add(tenant, second);
          case "rotate" -> keyring.rotateTo(tenant, second);
          default -> keyring.retire(tenant, first.id());
        }
        for (int i = 0; i < EACH; i++) {
          hybrid.publish(
              tenant,
              Message.of("paid", arguments[2] + step + i),
              KeyRotationFaultsIT.route(keyring));
        }
        System.out.println("at " + step);
        if (System.in.read() < 0) {
          return;
        }
      }
    }
  }

  private static EncryptionKey key(String id, String secret) {
    return EncryptionKey.of(id, Base64.getDecoder().decode(secret));
  }
}
