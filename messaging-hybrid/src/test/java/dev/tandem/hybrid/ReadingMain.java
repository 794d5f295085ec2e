package dev.tandem.hybrid;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeyring;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/** Handles messages in a JVM of its own until it is killed, and learns of keys as it is told. */
final class ReadingMain {
  private ReadingMain() {}

  /**
   * Arguments: URL, tenant, {@code first} or {@code both}, id and Base64 of the first key, and of
   * the second. It begins with that key or both, and the first in use. Takes {@code add}, {@code
   * rotate} and {@code retire} from standard input, and answers {@code done <line>}; prints {@code
   * handled <payload>}.
   */
  public static void main(String[] arguments) throws IOException {
    Tenant tenant = Tenant.of(arguments[1]);
    EncryptionKey first = key(arguments[3], arguments[4]);
    EncryptionKey second = key(arguments[5], arguments[6]);
    TenantKeyring keyring = TenantKeyring.create();
    keyring.load(tenant, first, arguments[2].equals("both") ? List.of(second) : List.of());
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (RedisConnection redis = RedisConnection.connect(arguments[0]);
        StreamWorker worker =
            StreamWorker.builder(redis, KeyRotationFaultsIT.topic(keyring))
                .tenant(tenant)
                .group("billing")
                .lease(Duration.ofSeconds(2))
                .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(100))
                .handler((message, delivery) -> say("handled " + message.payload()))
                .build()) {
      worker.start();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        switch (line) {
          case "add" -> keyring.add(tenant, second);
          case "rotate" -> keyring.rotateTo(tenant, second);
          case "retire" -> keyring.retire(tenant, first.id());
          default -> throw new IllegalArgumentException(line);
        }
        say("done " + line);
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }

  private static EncryptionKey key(String id, String secret) {
    return EncryptionKey.of(id, Base64.getDecoder().decode(secret));
  }
}
