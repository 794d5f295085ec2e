package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

@RedisTest
class RedisTestIT {

  private static final Set<String> TENANTS = new HashSet<>();

  private final RedisServer fromConstructor;
  private final FaultProxy proxyFromConstructor;
  private final String tenantFromConstructor;
  private String tenantFromBeforeEach = "";

  RedisTestIT(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    fromConstructor = server;
    proxyFromConstructor = proxy;
    tenantFromConstructor = tenant;
  }

  @BeforeAll
  static void ofTheClass(RedisServer server, @UniqueTenant String tenant) {
    assertThat(server.answers(Duration.ofSeconds(5))).isTrue();
    TENANTS.add(tenant);
  }

  @BeforeEach
  void ofTheTest(@UniqueTenant String tenant) {
    tenantFromBeforeEach = tenant;
  }

  @RepeatedTest(3)
  void everyPlaceOfATestSeesTheSame(
      RedisServer server,
      @UniqueTenant String first,
      FaultProxy proxy,
      @UniqueTenant String second) {
    assertThat(server.url()).isEqualTo(fromConstructor.url());
    assertThat(proxy).isSameAs(proxyFromConstructor);
    assertThat(first).isEqualTo(tenantFromConstructor).isEqualTo(tenantFromBeforeEach);
    assertThat(first).matches("t-[a-z0-9]{8}");
    assertThat(second).matches("t-[a-z0-9]{8}").isNotEqualTo(first);
    assertThat(TENANTS.add(first)).isTrue();
    assertThat(TENANTS.add(second)).isTrue();
  }

  @Test
  void aSharedServerRefusesToBeHurt(RedisServer server) {
    assertThat(server.controllable()).isFalse();
    for (Runnable control :
        List.<Runnable>of(
            server::kill,
            server::stop,
            server::pause,
            server::resume,
            server::restart,
            server::restartEmpty,
            server::close)) {
      assertThatThrownBy(control::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("@RedisTest(dedicated = true)");
    }
    assertThat(server.execute("PING")).isEqualTo("PONG");
  }

  @AfterAll
  static void theClassHasItsOwnName(@UniqueTenant String tenant) {
    assertThat(TENANTS).contains(tenant).hasSize(7);
  }

  @Nested
  class InsideIt {
    @Test
    void theAnnotationAroundHolds(RedisServer server) {
      assertThat(server.url()).isEqualTo(fromConstructor.url());
    }
  }
}
