package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.redis.command.SubscriberLink;
import dev.tandem.testkit.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;

/** A Cluster of two primaries, the lower half of the slots on the first one. */
@Timeout(120)
class ClusterIT {
  private static final int SLOTS = 16_384;
  private static final Script ECHO = Script.resource(ClusterIT.class, "echo.lua");

  private static RedisServer first;
  private static RedisServer second;

  @BeforeAll
  static void start() {
    first = node();
    second = node();
    addSlots(first, 0, SLOTS / 2);
    addSlots(second, SLOTS / 2, SLOTS);
    // Two nodes that give themselves the same epoch settle it in time; apart at once is quicker.
    second.execute("CLUSTER", "SET-CONFIG-EPOCH", "2");
    first.execute("CLUSTER", "SET-CONFIG-EPOCH", "1");
    first.execute("CLUSTER", "MEET", "127.0.0.1", Integer.toString(second.port()));
    for (RedisServer node : List.of(first, second)) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                String info = String.valueOf(node.execute("CLUSTER", "INFO"));
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2");
              });
    }
  }

  private static RedisServer node() {
    return RedisServer.builder()
        .setting("cluster-enabled", "yes")
        .setting("cluster-node-timeout", "5000")
        .start();
  }

  private static void addSlots(RedisServer node, int from, int to) {
    String[] command = new String[2 + to - from];
    command[0] = "CLUSTER";
    command[1] = "ADDSLOTS";
    for (int slot = from; slot < to; slot++) {
      command[2 + slot - from] = Integer.toString(slot);
    }
    node.execute(command);
  }

  @AfterAll
  static void stop() {
    first.close();
    second.close();
  }

  private static RedisConnectionBuilder cluster() {
    return RedisConnection.builder().cluster(first.url(), second.url());
  }

  /** A key with this beginning whose slot lies on that node. */
  private static RedisKey keyOn(RedisServer node, String prefix) {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> RedisKey.of(prefix + i))
        .filter(key -> (key.slot() < SLOTS / 2) == (node == first))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void sendsEachCommandToTheNodeOfItsKey() {
    try (RedisConnection redis = RedisConnection.cluster(first.url())) {
      assertThat(redis.isCluster()).isTrue();
      assertThat(redis.usesHashTags()).isTrue();
      assertThat(redis.capabilities().version()).isEqualTo(first.version());
      assertThat(redis.endpoint()).isEqualTo("cluster [" + first.url() + "]");
      assertThat(redis.serverTime()).isNotNull();
      for (RedisServer node : List.of(first, second)) {
        RedisKey key = keyOn(node, "single");
        redis.commands().execute(Command.of("SET").key(key).arg("v"));
        assertThat(node.execute("GET", key.text())).isEqualTo("v");
        try (DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(5))) {
          assertThat(Replies.text(link.execute(Command.of("GET").key(key)))).isEqualTo("v");
        }
      }
      assertThat(redis.stats().idleConnections()).isPositive();
    }
  }

  @Test
  void pipelinesAndScriptsGoToTheNodeOfTheirKeys() {
    try (RedisConnection redis = cluster().build()) {
      for (RedisServer node : List.of(first, second)) {
        RedisKey key = keyOn(node, "pipeline");
        List<Object> replies =
            redis
                .commands()
                .executeAll(
                    List.of(
                        Command.of("RPUSH").key(key).arg("a"),
                        ECHO.call(key).arg("b"),
                        Command.of("LLEN").key(key)));

        assertThat(replies.get(0)).isEqualTo(1L);
        assertThat(Replies.text(replies.get(1))).isEqualTo("b");
        assertThat(replies.get(2)).isEqualTo(2L);
      }
    }
  }

  @Test
  void aPipelineOverSeveralNodesReachesEachOfThemInOrder() {
    try (RedisConnection redis = cluster().build()) {
      RedisKey here = keyOn(first, "mixed");
      RedisKey there = keyOn(second, "mixed");

      List<Object> replies =
          redis
              .commands()
              .executeAll(
                  List.of(
                      Command.of("RPUSH").key(here).arg("a"),
                      Command.of("RPUSH").key(there).arg("b"),
                      ECHO.call(there).arg("c"),
                      Command.of("RPUSH").key(here).arg("d"),
                      Command.of("LRANGE").key(here).arg("0").arg("-1")));

      assertThat(replies.subList(0, 2)).containsExactly(1L, 1L);
      assertThat(Replies.text(replies.get(2))).isEqualTo("c");
      assertThat(replies.get(3)).isEqualTo(2L);
      assertThat(Replies.list(replies.get(4)).stream().map(Replies::text))
          .containsExactly("a", "d");
    }
  }

  @Test
  void subscribesOnAnyNode() throws Exception {
    try (RedisConnection redis = cluster().build();
        SubscriberLink link = redis.openSubscriber()) {
      CompletableFuture<String> heard = new CompletableFuture<>();
      CompletableFuture<Void> confirmed = new CompletableFuture<>();
      CompletableFuture<Void> run =
          CompletableFuture.runAsync(
              () ->
                  link.run(
                      new dev.tandem.redis.command.SubscriberEvents() {
                        @Override
                        public void onMessage(byte[] channel, byte[] payload) {
                          heard.complete(new String(payload, StandardCharsets.UTF_8));
                        }

                        @Override
                        public void onSubscribed(byte[] channel) {
                          confirmed.complete(null);
                        }
                      },
                      List.of(RedisKey.of("news"))));
      confirmed.get(60, TimeUnit.SECONDS);

      redis.commands().execute(Command.of("PUBLISH").key(RedisKey.of("news")).arg("hello"));

      assertThat(heard.get(60, TimeUnit.SECONDS)).isEqualTo("hello");
      assertThat(run).isNotDone();
    }
  }

  @Test
  void followsASlotThatMovesAndOneThatHasMoved() {
    RedisKey key = keyOn(first, "moving");
    String slot = Integer.toString(key.slot());
    String from = String.valueOf(first.execute("CLUSTER", "MYID"));
    String to = String.valueOf(second.execute("CLUSTER", "MYID"));
    try (RedisConnection redis = cluster().build();
        DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(5))) {
      redis.commands().execute(Command.of("RPUSH").key(key).arg("before"));
      second.execute("CLUSTER", "SETSLOT", slot, "IMPORTING", from);
      first.execute("CLUSTER", "SETSLOT", slot, "MIGRATING", to);
      first.execute(
          "MIGRATE", "127.0.0.1", Integer.toString(second.port()), key.text(), "0", "5000");

      // The key is on the second node, the slot still on the first: ASK.
      assertThat(redis.commands().execute(Command.of("RPUSH").key(key).arg("during")))
          .isEqualTo(2L);
      assertThat(Replies.text(redis.commands().execute(ECHO.call(key).arg("script"))))
          .isEqualTo("script");
      assertThatThrownBy(() -> link.execute(Command.of("LLEN").key(key)))
          .isInstanceOfSatisfying(
              MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REDIRECTED));
      assertThat(link.isBroken()).isTrue();

      for (RedisServer node : List.of(second, first)) {
        node.execute("CLUSTER", "SETSLOT", slot, "NODE", to);
      }
      // The slot is on the second node, and our map is old: MOVED.
      assertThat(redis.commands().executeAll(List.of(Command.of("RPUSH").key(key).arg("after"))))
          .isEqualTo(List.of(4L));
      assertThat(redis.commands().execute(Command.of("LLEN").key(key))).isEqualTo(4L);
      try (DedicatedLink again = redis.openDedicated(key, Duration.ofSeconds(5))) {
        assertThat(again.execute(Command.of("LLEN").key(key))).isEqualTo(4L);
      }
      assertThat(redis.stats().connectionFailures()).isZero();
    }
  }

  @Test
  void usesAGivenClusterClientAndNeverClosesIt() {
    try (RedisClusterClient client =
        RedisClusterClient.builder()
            .nodes(java.util.Set.of(new HostAndPort("127.0.0.1", first.port())))
            .clientConfig(DefaultJedisClientConfig.builder().build())
            .build()) {
      try (RedisConnection redis = RedisConnection.using(client)) {
        assertThat(redis.isCluster()).isTrue();
        assertThat(redis.usesHashTags()).isTrue();
        assertThat(redis.serverTime()).isNotNull();
        for (RedisServer node : List.of(first, second)) {
          RedisKey key = keyOn(node, "given");
          redis.commands().execute(Command.of("SET").key(key).arg("v"));
          try (DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(5))) {
            assertThat(Replies.text(link.execute(Command.of("GET").key(key)))).isEqualTo("v");
          }
        }
      }
      assertThat(client.get(keyOn(second, "given").text())).isEqualTo("v");
    }
  }

  @Test
  void aClusterThatIsNotThereIsSaidInOneSentence() {
    assertThatThrownBy(() -> RedisConnection.cluster("redis://127.0.0.1:1"))
        .hasMessage("cannot reach Redis at cluster [redis://127.0.0.1:1]: Connection refused");
  }

  @Test
  void aWrongPasswordIsAccessDenied() {
    assertThatThrownBy(
            () -> RedisConnection.cluster("redis://ann:sesame@127.0.0.1:" + first.port()))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED))
        .hasMessageNotContaining("sesame");
  }
}
