package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a Cluster, one node's trouble is not the others'. */
@Timeout(180)
class LiveClusterIT {
  private static final int TENANTS = 12;

  @Test
  void channelsOfOtherNodesComeBackWhileOneIsAway() throws Exception {
    try (RedisCluster cluster = RedisCluster.builder().start();
        RedisConnection redis =
            RedisConnection.builder()
                .cluster(cluster.urls().toArray(String[]::new))
                .connectTimeout(Duration.ofMillis(500))
                .replyTimeout(Duration.ofSeconds(2))
                .build();
        LiveBus bus =
            LiveBus.builder(redis).probeAfter(Buses.PROBE).tailCheckInterval(Buses.TAIL).build()) {
      Map<Tenant, Recorder> recorders = new LinkedHashMap<>();
      for (int i = 0; i < TENANTS; i++) {
        Tenant tenant = Tenant.of("t" + i);
        Recorder recorder = new Recorder();
        recorders.put(tenant, recorder);
        active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
      }
      RedisServer victim = nodeOf(cluster, Tenant.of("t0"));
      List<Tenant> elsewhere =
          recorders.keySet().stream().filter(tenant -> nodeOf(cluster, tenant) != victim).toList();
      assertThat(elsewhere).hasSizeBetween(1, TENANTS - 1);

      long before = bus.stats().reconnects();
      victim.kill();
      cluster.nodes().stream()
          .filter(node -> node != victim)
          .forEach(node -> node.execute("CLIENT", "KILL", "TYPE", "pubsub"));
      await().atMost(Recorder.PATIENCE).until(() -> bus.stats().reconnects() > before);
      for (Tenant tenant : elsewhere) {
        bus.publish(tenant, channel("board"), message("meanwhile"));
      }
      for (Tenant tenant : elsewhere) {
        requireNonNull(recorders.get(tenant)).assertExactly(List.of("meanwhile"));
      }

      victim.restart();
      cluster.awaitWhole();
      for (Map.Entry<Tenant, Recorder> one : recorders.entrySet()) {
        bus.publish(one.getKey(), channel("board"), message("after"));
        one.getValue().awaitLast("after").assertUnbroken();
      }
    }
  }

  private static RedisServer nodeOf(RedisCluster cluster, Tenant tenant) {
    return cluster.nodeOf("tenant:{" + tenant.name() + "}:channel:board:meta");
  }
}
