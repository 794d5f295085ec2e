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
import dev.tandem.testkit.RedisSentinel;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;

@Timeout(120)
class SentinelIT {
  private static final String PRIMARY_PASSWORD = "of-the-primary";
  private static final String SENTINEL_PASSWORD = "of-the-sentinel";

  private RedisServer primary;
  private RedisServer replica;
  private RedisSentinel sentinel;

  @BeforeEach
  void start() {
    // The default user needs no password, so that Sentinel and replica can go about their work.
    primary =
        RedisServer.builder()
            .setting("user", "app on >" + PRIMARY_PASSWORD + " ~* &* +@all")
            .start();
    replica = primary.startReplica();
    sentinel = RedisSentinel.watching("main", primary, Duration.ofMillis(500), SENTINEL_PASSWORD);
    sentinel.awaitReplicas(1, Duration.ofSeconds(60));
  }

  @AfterEach
  void stop() {
    sentinel.close();
    replica.close();
    primary.close();
  }

  private RedisConnectionBuilder builder() {
    return RedisConnection.builder()
        .sentinel("main", sentinel.url())
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
    try (RedisConnection plain = RedisConnection.sentinel("main", sentinel.url())) {
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
    assertThatThrownBy(() -> RedisConnection.sentinel("other", sentinel.url()))
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
            .sentinels(java.util.Set.of(new HostAndPort("127.0.0.1", sentinel.port())))
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
