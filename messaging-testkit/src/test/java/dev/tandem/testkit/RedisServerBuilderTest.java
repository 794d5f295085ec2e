package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisServerBuilderTest {

  private final RedisServerBuilder builder = RedisServer.builder();

  @ParameterizedTest
  @CsvSource({"port, 1", "BIND, 0.0.0.0", "dir, /tmp", "appendonly, yes", "max memory, 1", "'', 1"})
  void refusesSettingsThatAreNotTheUsers(String name, String value) {
    assertThatThrownBy(() -> builder.setting(name, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  @Test
  void refusesALineBreakInAValue() {
    assertThatThrownBy(() -> builder.setting("maxmemory", "1mb\nbind 0.0.0.0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line break");
  }

  @Test
  void refusesPortsAndTimeoutsOutOfRange() {
    assertThatThrownBy(() -> builder.port(65_536))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536");
    assertThatThrownBy(() -> builder.startTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT0S");
  }
}
