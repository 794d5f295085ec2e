package dev.tandem.outbox;

import static dev.tandem.outbox.OutboxStage.BOTH;
import static dev.tandem.outbox.OutboxStage.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tenants of an outbox live on different nodes of a Cluster. */
@Timeout(180)
class OutboxClusterIT {
  private static final int TENANTS = 12;
  private static final int AT_A_TIME = 60;

  private final List<Tenant> tenants =
      IntStream.range(0, TENANTS).mapToObj(i -> Tenant.of("t" + i)).toList();
  private final List<String> saved = new ArrayList<>();
  private RedisCluster cluster;
  private OutboxStage stage;

  @BeforeEach
  void start() {
    cluster = RedisCluster.builder().appendOnly(true).start();
    stage = new OutboxStage(cluster.nodes().get(0), "unused", Databases.H2);
  }

  @AfterEach
  void close() {
    stage.close();
    cluster.close();
  }

  @Test
  void slotsMoveWhileRelaysPublish() {
    startRelay();
    startRelay();
    for (int round = 0; round < 4; round++) {
      save();
      int slot = cluster.slotOf(key(tenants.get(round), "stream:orders"));
      RedisServer from = cluster.nodeOf(key(tenants.get(round), "stream:orders"));
      save();
      cluster.moveSlot(slot, other(from));
    }
    stage.awaitEmpty();

    assertAll();
  }

  @Test
  void aNodeThatIsAwayHoldsUpNobodyButItsOwnTenants() {
    List<OutboxRelay> relays = List.of(startRelay(), startRelay());
    save();
    stage.awaitEmpty();
    RedisServer away = cluster.nodeOf(key(tenants.get(0), "stream:orders"));
    List<Tenant> others =
        tenants.stream()
            .filter(tenant -> cluster.nodeOf(key(tenant, "stream:orders")) != away)
            .toList();
    assertThat(others).isNotEmpty();
    away.kill();
    save();
    for (Tenant tenant : others) {
      await().atMost(PATIENCE).until(() -> inStream(tenant).size() == saved.size());
    }
    await()
        .atMost(PATIENCE)
        .until(() -> relays.stream().anyMatch(one -> one.state() == LifecycleState.RECOVERING));
    away.restart();
    cluster.awaitWhole();
    stage.awaitEmpty();

    assertAll();
    assertThat(stage.count("tandem_outbox_failed")).isZero();
    await()
        .atMost(PATIENCE)
        .until(() -> relays.stream().allMatch(one -> one.state() == LifecycleState.RUNNING));
  }

  private void assertAll() {
    for (Tenant tenant : tenants) {
      OutboxStage.assertOnceAndInOrder(inStream(tenant), saved, "stream of " + tenant);
      RedisServer node = cluster.nodeOf(key(tenant, "channel:board:buffer"));
      List<String> live =
          OutboxStage.payloadsOf(OutboxStage.messages(node, key(tenant, "channel:board:buffer")));
      OutboxStage.assertOnceAndInOrder(live, saved, "channel of " + tenant);
    }
  }

  private List<String> inStream(Tenant tenant) {
    String key = key(tenant, "stream:orders");
    return OutboxStage.payloads(cluster.nodeOf(key), key);
  }

  private static String key(Tenant tenant, String rest) {
    return "tenant:{" + tenant.name() + "}:" + rest;
  }

  private RedisServer other(RedisServer node) {
    return cluster.nodes().stream().filter(one -> one != node).findFirst().orElseThrow();
  }

  private void save() {
    List<Message<String>> messages = new ArrayList<>();
    for (int i = 0; i < AT_A_TIME; i++) {
      String key = "k" + i % 7;
      String payload = key + ":" + saved.size();
      saved.add(payload);
      messages.add(Message.of("placed", payload).key(key));
    }
    stage.transaction(
        connection ->
            tenants.forEach(tenant -> stage.outbox.saveAll(connection, tenant, messages, BOTH)));
  }

  private OutboxRelay startRelay() {
    RedisConnection redis =
        RedisConnection.builder()
            .cluster(cluster.urls().toArray(String[]::new))
            .connectTimeout(Duration.ofSeconds(2))
            .replyTimeout(Duration.ofSeconds(2))
            .retry(2, Duration.ofMillis(10))
            .circuitBreaker(10, Duration.ofMillis(100))
            .build();
    stage.closeLater(redis::close);
    return stage.started(OutboxStage.builder(redis, stage.database));
  }
}
