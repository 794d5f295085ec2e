package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DetectionTest {

  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> variables = new HashMap<>();

  private RedisSource detect() {
    return Detection.detect(properties::get, variables::get);
  }

  @Test
  void theFirstThatIsSetDecides() {
    assertThat(detect()).isEqualTo(RedisSource.embedded());
    variables.put("TANDEM_REDIS_SERVER", "system");
    assertThat(detect()).isEqualTo(RedisSource.system());
    properties.put("tandem.redis.server", "/opt/valkey/bin/valkey-server");
    assertThat(detect()).isEqualTo(RedisSource.executable("/opt/valkey/bin/valkey-server"));
    properties.put("tandem.redis.image", "redis:8.2");
    assertThat(detect()).isEqualTo(RedisSource.image("redis:8.2"));
    variables.put("TANDEM_REDIS_URL", "redis://variable");
    assertThat(detect()).isEqualTo(RedisSource.external("redis://variable"));
    properties.put("tandem.redis.url", "redis://property");
    assertThat(detect()).isEqualTo(RedisSource.external("redis://property"));
  }

  @Test
  void anEmptySettingCountsAsNotSet() {
    properties.put("tandem.redis.url", "");
    properties.put("tandem.redis.server", " ");
    variables.put("TANDEM_REDIS_SERVER", "embedded");
    assertThat(detect()).isEqualTo(RedisSource.embedded());
  }

  @Test
  void aBadUrlIsRefusedWithoutItsPassword() {
    for (String url :
        new String[] {
          "http://:s3cret@host", "redis://:s3cret@", "redis://:s3cret@h/x", "s3cret host"
        }) {
      assertThatThrownBy(() -> RedisSource.external(url))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("redis[s]://")
          .hasMessageNotContaining("s3cret");
    }
    assertThat(RedisSource.external("redis://user:s3cret@host:1/2").toString())
        .isEqualTo("external server host:1");
  }
}
