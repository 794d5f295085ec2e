package dev.tandem.tenant;

import dev.tandem.redis.RedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Offboards a tenant in a JVM of its own, key by key, to be killed at a step. */
final class OffboardingMain {
  private OffboardingMain() {}

  /**
   * Arguments: URL, tenant. After each key prints {@code deleted <keys>} and waits for a line on
   * standard input.
   */
  public static void main(String[] arguments) {
    try (RedisConnection redis = RedisConnection.connect(arguments[0])) {
      Offboarding.builder(redis)
          .batch(1)
          .listener(
              report -> {
                System.out.println("deleted " + report.keys());
                awaitLine();
              })
          .build()
          .run(Tenant.of(arguments[1]));
    }
  }

  private static void awaitLine() {
    try {
      if (System.in.read() < 0) {
        throw new IllegalStateException("who started this is gone");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
