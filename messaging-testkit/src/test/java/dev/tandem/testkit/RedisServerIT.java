package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class RedisServerIT {

  private static final Duration SHORT = Duration.ofMillis(300);

  @Test
  void answersOnLoopbackAndSaysItsVersion() {
    try (RedisServer server = OwnServer.start()) {
      assertThat(server.url()).isEqualTo("redis://127.0.0.1:" + server.port());
      assertThat(server.host()).isEqualTo("127.0.0.1");
      assertThat(server.version()).matches("[678]\\.\\d+\\.\\d+");
      assertThat(server.controllable()).isTrue();
      assertThat(server.execute("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1"));
    }
  }

  @Test
  void eachSourceGivesItsOwnServer() {
    try (RedisServer embedded = RedisServer.builder().source(RedisSource.embedded()).start()) {
      assertThat(embedded.version()).startsWith("6.2.");
      assertThat(embedded.execute("CONFIG", "GET", "appendonly"))
          .isEqualTo(List.of("appendonly", "no"));
    }
  }

  @Test
  void repliesKeepTheirShape() {
    try (RedisServer server = OwnServer.start()) {
      assertThat(server.execute("SET", "k", "grüße")).isEqualTo("OK");
      assertThat(server.execute("GET", "k")).isEqualTo("grüße");
      assertThat(server.execute("GET", "none")).isNull();
      assertThat(server.execute("INCR", "n")).isEqualTo(1L);
      assertThat(server.execute("MGET", "k", "none")).isEqualTo(Arrays.asList("grüße", null));
      assertThat(server.execute("EVAL", "return {1,{'a','b'},{err='MY words'}}", "0"))
          .asInstanceOf(InstanceOfAssertFactories.LIST)
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
    try (RedisServer server = OwnServer.builder().appendOnly(true).start()) {
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
    try (RedisServer server = OwnServer.start()) {
      server.execute("SET", "k", "v");
      server.restart();
      assertThat(server.execute("GET", "k")).isNull();
    }
  }

  @Test
  void anOrderlyStopKeepsTheAppendOnlyFile() {
    try (RedisServer server = OwnServer.builder().appendOnly(true).start()) {
      server.execute("SET", "k", "v");
      server.stop();
      assertThat(server.alive()).isFalse();
      server.restart();
      assertThat(server.execute("GET", "k")).isEqualTo("v");
    }
  }

  @Test
  void restartEmptyLosesEvenWhatIsOnDisk() {
    try (RedisServer server = OwnServer.builder().appendOnly(true).start()) {
      server.execute("SET", "k", "v");
      server.restartEmpty();
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
      server.restart();
      assertThat(server.execute("DBSIZE")).isEqualTo(0L);
    }
  }

  @Test
  void aPausedServerIsSilentUntilItResumes() {
    try (RedisServer server = OwnServer.start()) {
      server.pause();
      assertThat(server.answers(SHORT)).isFalse();
      assertThat(server.alive()).isTrue();
      server.resume();
      assertThat(server.answers(Duration.ofSeconds(5))).isTrue();
    }
  }

  @Test
  void aPausedServerCanBeStoppedRestartedAndClosed() {
    RedisServer server = OwnServer.start();
    server.pause();
    server.restart();
    assertThat(server.execute("PING")).isEqualTo("PONG");
    server.pause();
    server.close();
    assertThat(server.alive()).isFalse();
  }

  @Test
  void passesSettingsOn() {
    try (RedisServer server =
        OwnServer.builder()
            .setting("maxmemory", "64mb")
            .setting("client-output-buffer-limit", "pubsub 1mb 1mb 1")
            .start()) {
      assertThat(server.execute("CONFIG", "GET", "maxmemory"))
          .isEqualTo(List.of("maxmemory", "67108864"));
      assertThat(String.valueOf(server.execute("CONFIG", "GET", "client-output-buffer-limit")))
          .contains("pubsub 1048576 1048576 1");
    }
  }

  @Test
  void aFailedStartSaysWhy() {
    assertThatThrownBy(() -> OwnServer.builder().setting("maxmemory", "plenty").start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("exit code 1")
        .hasMessageContaining("maxmemory plenty");
    assertThatThrownBy(
            () -> OwnServer.builder().source(RedisSource.executable("/no/such/server")).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("/no/such/server");
  }

  @Test
  void aPortInUseIsNamed() {
    try (RedisServer first = OwnServer.start()) {
      assertThatThrownBy(() -> OwnServer.builder().port(first.port()).start())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("127.0.0.1:" + first.port())
          .hasMessageContaining("port taken");
      assertThat(first.execute("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void controlOfAServerThatIsDownSaysSo() {
    try (RedisServer server = OwnServer.start()) {
      server.kill();
      for (Runnable control :
          List.<Runnable>of(server::kill, server::stop, server::pause, server::resume)) {
        assertThatThrownBy(control::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("is down");
      }
    }
  }

  @Test
  void closingTwiceIsFineAndAClosedServerStaysClosed() {
    RedisServer server = OwnServer.start();
    server.close();
    server.close();
    assertThatThrownBy(server::restart)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void anExternalServerIsUsedButNotControlled() {
    try (RedisServer owner = OwnServer.builder().setting("requirepass", "p@ss").start()) {
      RedisServer external =
          OwnServer.builder().source(RedisSource.external(owner.url() + "/3")).start();
      assertThat(external.url()).isEqualTo(owner.url() + "/3");
      assertThat(external.controllable()).isFalse();
      assertThat(external.alive()).isTrue();
      assertThat(external.execute("SET", "k", "v")).isEqualTo("OK");
      assertThat(owner.execute("EXISTS", "k")).isEqualTo(0L);
      for (Runnable control :
          List.<Runnable>of(
              external::kill,
              external::stop,
              external::pause,
              external::resume,
              external::restart,
              external::restartEmpty,
              external::startReplica)) {
        assertThatThrownBy(control::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("external")
            .hasMessageNotContaining("p@ss");
      }
      external.close();
      assertThat(owner.execute("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void anAbsentExternalServerIsNamedWithinTheTimeout() {
    assertThatThrownBy(
            () ->
                OwnServer.builder()
                    .source(RedisSource.external("redis://:s3cret@127.0.0.1:1"))
                    .startTimeout(SHORT)
                    .start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageNotContaining("s3cret");
  }
}
