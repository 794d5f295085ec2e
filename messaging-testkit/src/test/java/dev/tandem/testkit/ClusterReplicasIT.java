package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ClusterReplicasIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void aReplicaTakesTheSlotsOfItsPrimaryWhichFollowsItWhenItComesBack() {
    try (RedisCluster cluster = RedisCluster.builder().replicas(1).start()) {
      List<RedisServer> nodes = cluster.nodes();
      assertThat(nodes).hasSize(2 * RedisCluster.DEFAULT_NODES);
      assertThat(cluster.urls()).hasSize(nodes.size()).doesNotHaveDuplicates();
      for (int i = 0; i < RedisCluster.DEFAULT_NODES; i++) {
        RedisServer replica = nodes.get(RedisCluster.DEFAULT_NODES + i);
        assertThat(cluster.replicasOf(nodes.get(i))).containsExactly(replica);
        assertThat(cluster.replicasOf(replica)).isEmpty();
      }
      RedisServer primary = cluster.nodeOf("k");
      RedisServer replica = cluster.replicasOf(primary).get(0);
      primary.execute("SET", "k", "v");
      await()
          .atMost(PATIENCE)
          .until(() -> String.valueOf(replica.execute("INFO", "keyspace")).contains("keys=1"));

      primary.kill();
      await().atMost(PATIENCE).until(() -> cluster.nodeOf("k") == replica);
      assertThat(replica.execute("GET", "k")).isEqualTo("v");

      primary.restart();
      cluster.awaitWhole();
      await().atMost(PATIENCE).until(() -> cluster.replicasOf(replica).contains(primary));
      RedisServer other = cluster.nodeOf(0) == replica ? cluster.nodeOf(16_383) : cluster.nodeOf(0);
      cluster.moveSlot(cluster.slotOf("k"), other);
      assertThat(other.execute("GET", "k")).isEqualTo("v");
    }
  }
}
