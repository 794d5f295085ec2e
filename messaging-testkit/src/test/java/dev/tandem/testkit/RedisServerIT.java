package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisServerIT {

  private static final Duration SHORT = Duration.ofMillis(300);

  @Test
  void answersOnLoopbackAndSaysItsVersion() {
    try (RedisServer server = RedisServer.start()) {
      assertThat(server.url()).isEqualTo("redis://127.0.0.1:" + server.port());
      assertThat(server.host()).isEqualTo("127.0.0.1");
      assertThat(server.version()).matches("[678]\\.\\d+\\.\\d+");
      assertThat(server.controllable()).isTrue();
      assertThat(server.execute("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1"));
    }
  }

  @Test
  void repliesKeepTheirShape() {
    try (RedisServer server = RedisServer.start()) {
      assertThat(server.execute("SET", "k", "grüße")).isEqualTo("OK");
      assertThat(server.execute("GET", "k")).isEqualTo("grüße");
      assertThat(server.execute("GET", "none")).isNull();
      assertThat(server.execute("INCR", "n")).isEqualTo(1L);
      assertThat(server.execute("MGET", "k", "none")).isEqualTo(Arrays.asList("grüße", null));
      assertThat(server.execute("EVAL", "return {1,{'a','b'},{err='MY words'}}", "0"))
          .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
          .satisfiesExactly(
              first -> assertThat(first).isEqualTo(1L),
              second -> assertThat(second).isEqualTo(List.of("a", "b")),
              third -> assertThat(third).isInstanceOf(RedisErrorException.class));
      assertThatThrownBy(() -> server.execute("INCR", "k"))
          .isInstanceOfSatisfying(
              RedisErrorException.class, e -> assertThat(e.code()).isEqualTo("ERR"));
    }
  }

  @Test
  void aKillLosesNothingAcknowledgedWhenAppendOnly() {
    try (RedisServer server = RedisServer.builder().appendOnly(true).start()) {
      int port = server.port();
      for (int i = 1; i <= 200; i++) {
        assertThat(server.execute("INCR", "count")).isEqualTo((long) i);
      }
      server.kill();
      assertThat(server.alive()).isFalse();
      assertThatThrownBy(() -> server.execute("PING")).isInstanceOf(UncheckedIOException.class);
      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.execute("GET", "count")).isEqualTo("200");
    }
  }

  @Test
  void aRestartForgetsWithoutPersistence() {
    try (RedisServer server = RedisServer.start()) {
      server.execute("SET", "k", "v");
      server.restart();
      assertThat(server.execute("GET", "k")).isNull();
    }
  }

  @Test
  void anOrderlyStopKeepsTheAppendOnlyFile() {
    try (RedisServer server = RedisServer.builder().appendOnly(true).start()) {
      server.execute("SET", "k", "v");
      server.stop();
      assertThat(server.alive()).isFalse();
      server.restart();
      assertThat(server.execute("GET", "k")).isEqualTo("v");
    }
  }

  @Test
  void restartEmptyLosesEvenWhatIsOnDisk() {
    try (RedisServer server = RedisServer.builder().appendOnly(true).start()) {
      server.execute("SET", "k", "v");
      server.restartEmpty();
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
      server.restart();
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
    }
  }

  @Test
  void aPausedServerIsSilentUntilItResumes() {
    try (RedisServer server = RedisServer.start()) {
      server.pause();
      assertThat(server.answers(SHORT)).isFalse();
      assertThat(server.alive()).isTrue();
      server.resume();
      assertThat(server.answers(Duration.ofSeconds(5))).isTrue();
    }
  }

  @Test
  void aPausedServerCanBeStoppedRestartedAndClosed() {
    RedisServer server = RedisServer.start();
    server.pause();
    server.restart();
    assertThat(server.execute("PING")).isEqualTo("PONG");
    server.pause();
    server.close();
    assertThat(server.alive()).isFalse();
  }
}
