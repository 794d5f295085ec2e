package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class ReplicationIT {

  @Test
  void aReplicaFollowsAndIsPromoted(RedisServer master, @UniqueTenant String tenant) {
    master.execute("SET", tenant, "before");
    try (RedisServer replica = master.startReplica()) {
      assertThat(replica.port()).isNotEqualTo(master.port());
      assertThat(replica.execute("GET", tenant)).isEqualTo("before");
      master.execute("SET", tenant, "after");
      replica.awaitInSync();
      assertThat(replica.execute("GET", tenant)).isEqualTo("after");
      assertThatThrownBy(() -> replica.execute("SET", tenant, "x"))
          .isInstanceOfSatisfying(
              RedisErrorException.class, e -> assertThat(e.code()).isEqualTo("READONLY"));

      master.kill();
      replica.promote();
      assertThat(replica.execute("SET", tenant, "promoted")).isEqualTo("OK");
      replica.kill();
      replica.restart();
      assertThat(role(replica)).isEqualTo("master");
      assertThat(replica.execute("GET", tenant)).isEqualTo("promoted");
    }
  }

  @Test
  void aRestartedReplicaFollowsAgain(RedisServer master, @UniqueTenant String tenant) {
    try (RedisServer replica = master.startReplica()) {
      replica.kill();
      master.execute("SET", tenant, "meanwhile");
      replica.restart();
      replica.awaitInSync();
      assertThat(replica.execute("GET", tenant)).isEqualTo("meanwhile");
    }
  }

  @Test
  void aCutReplicaMissesWritesAndAPromotionLosesThem(
      RedisServer master, @UniqueTenant String tenant) {
    try (RedisServer replica = master.startReplica()) {
      replica.cutReplication();
      master.execute("SET", tenant, "lost");
      assertThat(role(replica)).isEqualTo("slave");
      replica.promote();
      assertThat(replica.execute("GET", tenant)).isNull();
      replica.execute("SET", tenant, "diverged");
      replica.resumeReplication();
      assertThat(replica.execute("GET", tenant)).isEqualTo("lost");
    }
  }

  @Test
  void aReplicaSharesThePasswordOfItsMaster() {
    try (RedisServer master = RedisServer.builder().setting("requirepass", "s3cret").start();
        RedisServer replica = master.startReplica()) {
      assertThat(master.url()).isEqualTo("redis://:s3cret@127.0.0.1:" + master.port());
      assertThat(replica.toString()).doesNotContain("s3cret");
      master.execute("SET", "k", "v");
      await().untilAsserted(() -> assertThat(replica.execute("GET", "k")).isEqualTo("v"));
    }
  }

  @Test
  void onlyAReplicaCanBePromoted(RedisServer master) {
    assertThatThrownBy(master::promote)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no replica");
  }

  private static @Nullable Object role(RedisServer server) {
    return ((List<?>) Objects.requireNonNull(server.execute("ROLE"))).get(0);
  }
}
