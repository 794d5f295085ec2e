package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisSentinelIT {

  private static final Duration DOWN_AFTER = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void promotesTheReplicaOfAKilledPrimary() {
    try (RedisServer primary = OwnServer.start();
        RedisServer replica = primary.startReplica();
        RedisSentinel sentinel =
            RedisSentinel.watching("main", primary, DOWN_AFTER, "of-the-sentinel")) {
      sentinel.awaitReplicas(1, PATIENCE);
      sentinel.awaitPrimary(primary, PATIENCE);
      assertThat(sentinel.url()).endsWith(":of-the-sentinel@127.0.0.1:" + sentinel.port());
      assertThat(sentinel.toString()).doesNotContain("of-the-sentinel");
      primary.execute("SET", "k", "before");
      replica.awaitInSync();

      primary.kill();
      sentinel.awaitPrimary(replica, PATIENCE);
      assertThat(replica.execute("GET", "k")).isEqualTo("before");
      assertThat(replica.execute("SET", "k", "after")).isEqualTo("OK");
    }
  }

  @Test
  void waitsNoLongerThanItWasTold() {
    try (RedisServer primary = OwnServer.start();
        RedisServer stranger = OwnServer.start();
        RedisSentinel sentinel = RedisSentinel.watching("main", primary, DOWN_AFTER, "")) {
      assertThatThrownBy(() -> sentinel.awaitPrimary(stranger, Duration.ofMillis(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("127.0.0.1:" + stranger.port());
      assertThatThrownBy(() -> sentinel.awaitReplicas(1, Duration.ofMillis(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("0 replicas of main");
    }
  }
}
