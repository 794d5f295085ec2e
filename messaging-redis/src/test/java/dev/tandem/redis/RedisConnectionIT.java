package dev.tandem.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@RedisTest
class RedisConnectionIT {
  @Test
  void sendsCommandsAndGivesRawReplies(RedisServer server, @UniqueTenant String unique) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      CommandExecutor commands = redis.commands();
      RedisKey key = RedisKey.of(unique);
      byte[] binary = {0, 1, (byte) 255, '\r', '\n'};

      assertThat(Replies.text(commands.execute(Command.of("SET").key(key).arg(binary))))
          .isEqualTo("OK");
      assertThat(Replies.bytes(commands.execute(Command.of("GET").key(key)))).isEqualTo(binary);
      assertThat(commands.execute(Command.of("STRLEN").key(key))).isEqualTo(5L);
      assertThat(commands.execute(Command.of("GET").key(RedisKey.of(unique + "none")))).isNull();
      assertThat(Replies.list(commands.execute(Command.of("MGET").key(key)))).hasSize(1);
      assertThat(commands.execute(Command.of("DEL").key(key))).isEqualTo(1L);
    }
  }

  @Test
  void saysWhoItIs(RedisServer server, @UniqueTenant String unique) {
    try (RedisConnection redis =
        RedisConnection.builder().url(server.url()).clientName(unique).build()) {
      String clients =
          Replies.text(redis.commands().execute(Command.of("CLIENT").arg("LIST").repeatable()));

      assertThat(clients).contains("name=" + unique + " ");
      assertThat(redis.endpoint()).isEqualTo("redis://127.0.0.1:" + server.port());
      assertThat(redis.isCluster()).isFalse();
      assertThat(redis.usesHashTags()).isFalse();
    }
  }

  @Test
  void usesTheDatabaseOfTheUrl(RedisServer server, @UniqueTenant String unique) {
    RedisKey key = RedisKey.of(unique);
    try (RedisConnection third = RedisConnection.connect(server.url() + "/3");
        RedisConnection first = RedisConnection.connect(server.url())) {
      third.commands().execute(Command.of("SET").key(key).arg("here"));

      assertThat(first.commands().execute(Command.of("EXISTS").key(key))).isEqualTo(0L);
      assertThat(third.commands().execute(Command.of("EXISTS").key(key))).isEqualTo(1L);
      try (var link = third.openDedicated(null, Duration.ofSeconds(5))) {
        assertThat(link.execute(Command.of("EXISTS").key(key))).isEqualTo(1L);
      }
    }
  }

  @Test
  void refusesADatabaseThatTheServerDoesNotHave(RedisServer server) {
    assertThatThrownBy(() -> RedisConnection.connect(server.url() + "/999"))
        .hasMessage(
            "Redis at "
                + server.url()
                + "/999 refused the connection: ERR DB index is out of range");
  }

  @Test
  void connectsToWhatTheEnvironmentNames(RedisServer server) {
    Map<String, String> parts =
        Map.of("REDIS_HOST", server.host(), "REDIS_PORT", Integer.toString(server.port()));
    for (Map<String, String> environment : List.of(parts, Map.of("REDIS_URL", server.url()))) {
      try (RedisConnection redis = RedisConnection.fromEnvironment(environment)) {
        assertThat(redis.endpoint()).isEqualTo("redis://127.0.0.1:" + server.port());
        assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
      }
    }
  }

  @Test
  void tellsTheServersTime(RedisServer server) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      Instant first = redis.serverTime();
      Instant second = redis.serverTime();

      assertThat(second).isAfter(first);
      assertThat(Duration.between(first, Instant.now()).abs()).isLessThan(Duration.ofSeconds(10));
      assertThat(first.truncatedTo(ChronoUnit.MICROS)).isEqualTo(first);
    }
  }

  @Test
  void knowsWhatTheServerCanDo(RedisServer server) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      ServerCapabilities capabilities = redis.capabilities();

      assertThat(capabilities.product()).isEqualTo("redis");
      assertThat(capabilities.version()).isEqualTo(server.version());
      boolean seven = !server.version().startsWith("6.");
      assertThat(capabilities.has(ServerFeature.SHARDED_PUBSUB)).isEqualTo(seven);
      assertThat(capabilities.has(ServerFeature.EXACT_LAG)).isEqualTo(seven);
      assertThat(redis.capabilities()).isSameAs(capabilities);
    }
  }

  @Test
  void reportsHealthByReplies(RedisServer server) {
    Clock clock = Clock.fixed(Instant.ofEpochSecond(1_000), ZoneOffset.UTC);
    try (RedisConnection redis =
        RedisConnection.builder().url(server.url()).clock(clock).lazy().build()) {
      assertThat(redis.health().lastProof()).isNull();
      redis.serverTime();

      assertThat(redis.health())
          .isEqualTo(
              new Health(
                  Health.Status.UP,
                  "Redis at " + redis.endpoint() + " answers",
                  Instant.ofEpochSecond(1_000)));
    }
  }

  @Test
  void countsWhatItDoesAlsoInASharedRegistry(RedisServer server) {
    MetricRegistry registry = new MetricRegistry();
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).metrics(registry).lazy().build();
        RedisConnection other =
            RedisConnection.builder().url(server.url()).metrics(registry).lazy().build()) {
      redis.serverTime();
      redis.commands().executeAll(List.of(Command.of("PING"), Command.of("PING")));
      other.serverTime();

      assertThat(redis.stats()).isEqualTo(new ConnectionStats(2, 0, 0, 1, false));
      assertThat(other.stats()).isEqualTo(new ConnectionStats(1, 0, 0, 1, false));
      assertThat(registry.timer(redis.metricsPrefix() + ".round-trips").getCount()).isEqualTo(2);
      assertThat(registry.gauge(redis.metricsPrefix() + ".pool.idle").getValue()).isEqualTo(1);
      assertThat(registry.gauge(redis.metricsPrefix() + ".circuit-breaker").getValue())
          .isEqualTo("CLOSED");
      assertThat(redis.metrics()).isSameAs(registry);
    }
    assertThat(registry.getNames()).isEmpty();
  }

  @Test
  void refusesEverythingOnceClosed(RedisServer server) {
    RedisConnection redis = RedisConnection.connect(server.url());
    CommandExecutor commands = redis.commands();
    List<String> changes = new ArrayList<>();
    redis.addListener((from, to) -> changes.add(from + " to " + to));

    redis.close();
    redis.close();

    assertThat(changes).containsExactly("RUNNING to STOPPED");
    assertThat(redis.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(redis.health().status()).isEqualTo(Health.Status.DOWN);
    String message = "the connection to Redis at " + redis.endpoint() + " is closed";
    assertThatThrownBy(() -> commands.execute(Command.of("PING")))
        .isInstanceOf(ClosedException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> commands.executeAll(List.of(Command.of("PING"))))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(redis::commands).isInstanceOf(ClosedException.class);
    assertThatThrownBy(redis::openSubscriber).isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> redis.openDedicated(null, Duration.ofSeconds(1)))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(redis::serverTime).isInstanceOf(ClosedException.class);
  }

  @Test
  void refusesAReplyTimeoutOutOfRange(RedisServer server) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      for (Duration bad : List.of(Duration.ZERO, Duration.ofDays(1).plusMillis(1))) {
        assertThatThrownBy(() -> redis.openDedicated(null, bad))
            .isInstanceOf(InvalidValueException.class)
            .hasMessage("replyTimeout was " + bad + ": must be PT0.001S to PT24H");
      }
    }
  }

  @Test
  void writesHashTagsWhereAsked(RedisServer server) {
    try (RedisConnection redis =
        RedisConnection.builder().url(server.url()).hashTags().lazy().build()) {
      assertThat(redis.usesHashTags()).isTrue();
      assertThat(redis.isCluster()).isFalse();
    }
  }

  @Test
  void carriesLargePayloads(RedisServer server, @UniqueTenant String unique) {
    byte[] large = "x".repeat(3 << 20).getBytes(UTF_8);
    RedisKey key = RedisKey.of(unique);
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      redis.commands().execute(Command.of("SET").key(key).arg(large));

      assertThat(Replies.bytes(redis.commands().execute(Command.of("GET").key(key))))
          .isEqualTo(large);
      redis.commands().execute(Command.of("DEL").key(key));
    }
  }
}
