package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisClusterIT {

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.builder().appendOnly(true).start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
    assertThat(cluster.nodes()).noneMatch(RedisServer::alive);
  }

  /** A key that this node serves. */
  private static String keyOn(RedisServer node, String prefix) {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> prefix + i)
        .filter(key -> cluster.nodeOf(key) == node)
        .findFirst()
        .orElseThrow();
  }

  private static void assertError(RedisServer node, String code, String... command) {
    assertThatThrownBy(() -> node.execute(command))
        .isInstanceOfSatisfying(
            RedisErrorException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void servesAllSlotsInEqualShares() {
    assertThat(cluster.urls()).hasSize(RedisCluster.DEFAULT_NODES).doesNotHaveDuplicates();
    for (RedisServer node : cluster.nodes()) {
      String key = keyOn(node, "share");
      assertThat(node.execute("SET", key, "v")).isEqualTo("OK");
      for (RedisServer other : cluster.nodes()) {
        if (other != node) {
          assertError(other, "MOVED", "SET", key, "v");
        }
      }
    }
    assertThat(cluster.slotOf("a{tag}b")).isEqualTo(cluster.slotOf("{tag}"));
    assertThat(cluster.nodeOf(0)).isSameAs(cluster.nodes().get(0));
    assertThat(cluster.nodeOf(16_383)).isSameAs(cluster.nodes().get(2));
  }

  @Test
  void aKilledNodeComesBackWithItsSlotsWhileTheOthersServe() {
    RedisServer victim = cluster.nodes().get(1);
    String there = keyOn(victim, "killed");
    String elsewhere = keyOn(cluster.nodes().get(2), "killed");
    victim.execute("SET", there, "kept");
    victim.kill();
    await()
        .until(
            () ->
                String.valueOf(cluster.nodes().get(0).execute("CLUSTER", "NODES"))
                    .contains(",fail"));
    assertThat(cluster.nodeOf(elsewhere).execute("SET", elsewhere, "served")).isEqualTo("OK");
    victim.restart();
    cluster.awaitWhole();
    assertThat(cluster.nodeOf(there)).isSameAs(victim);
    assertThat(victim.execute("GET", there)).isEqualTo("kept");
  }

  @Test
  void aSlotMovesStepByStep() {
    RedisServer from = cluster.nodes().get(0);
    RedisServer to = cluster.nodes().get(1);
    String tag = "{" + keyOn(from, "moving") + "}";
    from.execute("MSET", tag + "a", "1", tag + "b", "2", tag + "c", "3");
    SlotMove move = cluster.beginMove(cluster.slotOf(tag), to);
    assertError(from, "ASK", "GET", tag + "none");
    assertThat(move.moveKeys(1)).isEqualTo(1);
    // Some of the keys are here still: Redis 6.2 sends on all the same.
    String some = from.version().startsWith("6.") ? "ASK" : "TRYAGAIN";
    assertError(from, some, "MGET", tag + "a", tag + "b", tag + "c");
    assertThat(cluster.nodeOf(tag)).isSameAs(from);
    assertThat(move.toString()).contains(Integer.toString(cluster.slotOf(tag)));

    move.finish();
    assertThat(cluster.nodeOf(tag)).isSameAs(to);
    assertError(from, "MOVED", "GET", tag + "a");
    assertThat(to.execute("MGET", tag + "a", tag + "b", tag + "c"))
        .isEqualTo(List.of("1", "2", "3"));
    assertThatThrownBy(move::finish).isInstanceOf(IllegalStateException.class);

    cluster.moveSlot(cluster.slotOf(tag), from);
    assertThat(from.execute("GET", tag + "c")).isEqualTo("3");
    cluster.awaitWhole();
  }

  @Test
  void refusesMovesThatMakeNoSense() {
    RedisServer owner = cluster.nodeOf(7);
    assertThatThrownBy(() -> cluster.beginMove(16_384, owner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("16384");
    assertThatThrownBy(() -> cluster.beginMove(7, owner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("already");
    try (RedisServer stranger = OwnServer.start()) {
      assertThatThrownBy(() -> cluster.beginMove(7, stranger))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no node");
    }
  }
}
