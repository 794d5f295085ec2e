package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;

@Timeout(120)
class SentinelIT {
  private static final String PRIMARY_PASSWORD = "of-the-primary";
  private static final String SENTINEL_PASSWORD = "of-the-sentinel";

  @TempDir private Path directory;
  private RedisServer primary;
  private RedisServer replica;
  private SentinelProcess sentinel;

  @BeforeEach
  void start() throws Exception {
    // The default user needs no password, so that Sentinel and replica can go about their work.
    primary =
        RedisServer.builder()
            .setting("user", "app on >" + PRIMARY_PASSWORD + " ~* &* +@all")
            .start();
    replica = primary.startReplica();
    sentinel = SentinelProcess.watching("main", primary, directory, SENTINEL_PASSWORD);
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(
            () -> {
              try (RedisConnection asked = RedisConnection.connect(sentinelUrl())) {
                return Replies.text(asked.commands().execute(Command.of("INFO").arg("sentinel")))
                    .contains("slaves=1");
              }
            });
  }

  @AfterEach
  void stop() throws Exception {
    sentinel.close();
    replica.close();
    primary.close();
  }

  private String sentinelUrl() {
    return sentinel.url(SENTINEL_PASSWORD);
  }

  private RedisConnectionBuilder builder() {
    return RedisConnection.builder()
        .sentinel("main", sentinelUrl())
        .credentials("app", PRIMARY_PASSWORD);
  }

  @Test
  void connectsToThePrimaryThatTheSentinelsName() {
    RedisKey key = RedisKey.of("k");
    try (RedisConnection redis = builder().build()) {
      redis.commands().execute(Command.of("SET").key(key).arg("v"));

      assertThat(primary.execute("GET", "k")).isEqualTo("v");
      assertThat(Replies.text(redis.commands().execute(Command.of("ACL").arg("WHOAMI"))))
          .isEqualTo("app");
      assertThat(redis.isCluster()).isFalse();
      assertThat(redis.endpoint())
          .startsWith("sentinel main by [redis://127.0.0.1:")
          .doesNotContain(SENTINEL_PASSWORD);
      try (DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(5))) {
        assertThat(Replies.text(link.execute(Command.of("GET").key(key)))).isEqualTo("v");
      }
    }
    try (RedisConnection plain = RedisConnection.sentinel("main", sentinelUrl())) {
      assertThat(Replies.text(plain.commands().execute(Command.of("GET").key(key)))).isEqualTo("v");
    }
  }

  @Test
  void followsAFailover() {
    RedisKey key = RedisKey.of("k");
    try (RedisConnection redis = builder().build()) {
      redis.commands().execute(Command.of("SET").key(key).arg("before"));
      replica.awaitInSync();

      primary.kill();

      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(MessagingException.class)
          .until(() -> redis.commands().execute(Command.of("SET").key(key).arg("after")) != null);
      assertThat(replica.execute("GET", "k")).isEqualTo("after");
      try (DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(5))) {
        assertThat(Replies.text(link.execute(Command.of("GET").key(key)))).isEqualTo("after");
      }
    }
  }

  @Test
  void saysWhatIsWrongInOneSentence() {
    assertThatThrownBy(() -> RedisConnection.sentinel("other", sentinelUrl()))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("cannot reach Redis at sentinel other by [")
        .hasMessageContaining("other seems to be not monitored");
    assertThatThrownBy(() -> RedisConnection.sentinel("main", "redis://127.0.0.1:1"))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("All sentinels down");
  }

  @Test
  void usesAGivenSentinelClientAndNeverClosesIt() {
    try (RedisSentinelClient client =
        RedisSentinelClient.builder()
            .masterName("main")
            .sentinels(
                java.util.Set.of(
                    HostAndPort.from(sentinelUrl().substring(sentinelUrl().indexOf('@') + 1))))
            .sentinelClientConfig(
                DefaultJedisClientConfig.builder().password(SENTINEL_PASSWORD).build())
            .build()) {
      try (RedisConnection redis = RedisConnection.using(client)) {
        redis.commands().execute(Command.of("SET").key(RedisKey.of("given")).arg("v"));
        assertThat(redis.isCluster()).isFalse();
      }
      assertThat(client.get("given")).isEqualTo("v");
    }
  }
}
