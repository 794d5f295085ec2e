package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What is particular to containers; runs where an image is named, because it needs Docker. */
@EnabledIfSystemProperty(named = RedisSource.IMAGE_PROPERTY, matches = ".+")
@Timeout(300)
class ContainerIT {

  @Test
  void aContainerIsHurtAndComesBackOnItsPort() {
    try (RedisServer server = RedisServer.builder().appendOnly(true).start()) {
      int port = server.port();
      server.execute("SET", "k", "v");
      server.kill();
      assertThat(server.alive()).isFalse();
      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.execute("GET", "k")).isEqualTo("v");

      server.pause();
      assertThat(server.answers(Duration.ofMillis(300))).isFalse();
      server.resume();
      assertThat(server.answers(Duration.ofSeconds(5))).isTrue();

      server.stop();
      server.restart();
      assertThat(server.execute("GET", "k")).isEqualTo("v");

      server.restartEmpty();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
    }
  }

  @Test
  void aContainerHasAReplica() {
    try (RedisServer master = RedisServer.start()) {
      master.execute("SET", "k", "v");
      try (RedisServer replica = master.startReplica()) {
        assertThat(replica.execute("GET", "k")).isEqualTo("v");
        master.kill();
        replica.promote();
        assertThat(replica.execute("SET", "k", "w")).isEqualTo("OK");
      }
    }
  }
}
