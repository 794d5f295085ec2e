package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Passwords and users; the server is this class's own. */
class AccessIT {
  private static RedisServer server;

  @BeforeAll
  static void start() {
    server =
        RedisServer.builder()
            .setting("requirepass", "p@ss%word")
            .setting("user", "ann on >an:n/s ~* &* +@all")
            .setting("user", "blind on >x ~* &* +@all -info -command")
            .setting("user", "plain on >x ~* &* +@all -script")
            .start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String url(String credentials) {
    return "redis://" + credentials + "@127.0.0.1:" + server.port();
  }

  private static String whoAmI(RedisConnection redis) {
    return Replies.text(redis.commands().execute(Command.of("ACL").arg("WHOAMI")));
  }

  @Test
  void logsInWithTheServersPassword() {
    try (RedisConnection redis = RedisConnection.connect(url(":p%40ss%25word"))) {
      assertThat(whoAmI(redis)).isEqualTo("default");
      assertThat(redis.endpoint()).doesNotContain("word");
    }
  }

  @Test
  void logsInAsAUserWithAnEncodedPassword() {
    try (RedisConnection redis = RedisConnection.connect(url("ann:an%3An%2Fs"))) {
      assertThat(whoAmI(redis)).isEqualTo("ann");
      try (var link = redis.openDedicated(null, Duration.ofSeconds(5))) {
        assertThat(Replies.text(link.execute(Command.of("ACL").arg("WHOAMI")))).isEqualTo("ann");
      }
    }
  }

  @Test
  void credentialsOfTheBuilderWin() {
    try (RedisConnection redis =
        RedisConnection.builder().url(url("ann:wrong")).credentials("ann", "an:n/s").build()) {
      assertThat(whoAmI(redis)).isEqualTo("ann");
    }
  }

  @Test
  void logsInFromTheEnvironment() {
    try (RedisConnection redis =
        RedisConnection.fromEnvironment(
            Map.of(
                "REDIS_HOST", "127.0.0.1",
                "REDIS_PORT", Integer.toString(server.port()),
                "REDIS_USERNAME", "ann",
                "REDIS_PASSWORD", "an:n/s"))) {
      assertThat(whoAmI(redis)).isEqualTo("ann");
    }
  }

  @Test
  void aWrongPasswordIsAccessDeniedAtOnce() {
    for (String wrong : List.of(url("ann:sesame"), url(":sesame"), url("nobody:sesame"))) {
      assertThatThrownBy(() -> RedisConnection.connect(wrong))
          .isInstanceOfSatisfying(
              ServerErrorException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED);
                assertThat(e.retryable()).isFalse();
              })
          .hasMessageContaining("WRONGPASS")
          .hasMessageNotContaining("sesame");
    }
  }

  @Test
  void aMissingPasswordIsAccessDenied() {
    assertThatThrownBy(() -> RedisConnection.connect("redis://127.0.0.1:" + server.port()))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED))
        .hasMessageContaining("NOAUTH");
  }

  @Test
  void aServerThatLetsNobodyInIsNotHealthy() {
    try (RedisConnection redis = RedisConnection.builder().url(url("ann:sesame")).lazy().build()) {
      assertThatThrownBy(redis::serverTime).isInstanceOf(ServerErrorException.class);

      assertThat(redis.state()).isEqualTo(LifecycleState.RECOVERING);
      assertThat(redis.health().status()).isEqualTo(Health.Status.DEGRADED);
      assertThat(redis.health().detail()).contains("WRONGPASS");
    }
  }

  @Test
  void aUserWhoMayNotAskIsToldByTheHandshakeOrNotAtAll() {
    try (RedisConnection blind = RedisConnection.connect(url("blind:x"))) {
      ServerCapabilities capabilities = blind.capabilities();

      assertThat(capabilities.version()).isEqualTo(server.version());
      boolean seven = !server.version().startsWith("6.");
      assertThat(capabilities.has(ServerFeature.EXACT_LAG)).isEqualTo(seven);
      assertThat(capabilities.has(ServerFeature.SHARDED_PUBSUB))
          .as("only COMMAND could prove it")
          .isFalse();
    }
  }

  @Test
  void scriptsNeedNoRightToLoadThem() {
    Script script = Script.resource(AccessIT.class, "echo.lua");
    try (RedisConnection redis = RedisConnection.connect(url("plain:x"))) {
      assertThat(Replies.text(redis.commands().execute(script.call(RedisKey.of("plain")).arg("a"))))
          .isEqualTo("a");
      server.execute("SCRIPT", "FLUSH");
      assertThat(Replies.text(redis.commands().execute(script.call(RedisKey.of("plain")).arg("b"))))
          .isEqualTo("b");
    }
  }

  @Test
  void tooManyClientsMeansUnavailable() {
    try (RedisServer small = RedisServer.start();
        RedisConnection first = RedisConnection.connect(small.url());
        RedisConnection second =
            RedisConnection.builder()
                .url(small.url())
                .retry(1, Duration.ofMillis(1))
                .lazy()
                .build()) {
      first
          .commands()
          .execute(Command.of("CONFIG").arg("SET").arg("maxclients").arg(1).repeatable());
      assertThatThrownBy(second::serverTime)
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("max number of clients");
    }
  }
}
