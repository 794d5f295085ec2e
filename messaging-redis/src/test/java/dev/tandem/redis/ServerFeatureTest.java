package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerFeatureTest {
  @ParameterizedTest
  @CsvSource({
    "EXACT_LAG, redis, 6.2.14, false",
    "EXACT_LAG, redis, 7.0.0, true",
    "EXACT_LAG, redis, 10.0, true",
    "EXACT_LAG, valkey, 8.1.3, true",
    "ACKNOWLEDGE_AND_DELETE, redis, 8.1.9, false",
    "ACKNOWLEDGE_AND_DELETE, redis, 8.2.0, true",
    "ACKNOWLEDGE_AND_DELETE, valkey, 9.0.0, false",
    "READ_WITH_CLAIM, redis, 8.10.1, true",
    "SHARDED_PUBSUB, redis, 0, false",
    "SHARDED_PUBSUB, redis, 255.255.255, true",
    "SHARDED_PUBSUB, redis, unstable, false",
    "SHARDED_PUBSUB, redis, '', false",
    "SHARDED_PUBSUB, redis, 99999999999.0, false",
  })
  void knowsVersions(ServerFeature feature, String product, String version, boolean has) {
    assertThat(feature.isIn(product, version)).isEqualTo(has);
  }

  @Test
  void capabilitiesAreOneLine() {
    ServerCapabilities capabilities =
        new ServerCapabilities(
            "redis", "7.0.15", Set.of(ServerFeature.SHARDED_PUBSUB, ServerFeature.EXACT_LAG));

    assertThat(capabilities).hasToString("redis 7.0.15 [EXACT_LAG, SHARDED_PUBSUB]");
    assertThat(capabilities.has(ServerFeature.EXACT_LAG)).isTrue();
    assertThat(capabilities.has(ServerFeature.IDEMPOTENT_APPEND)).isFalse();
  }
}
