package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.BOTH;
import static dev.tandem.hybrid.TransactionStage.GROUP;
import static dev.tandem.hybrid.TransactionStage.ORDERS;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static dev.tandem.hybrid.TransactionStage.STATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a Cluster all that a transaction does lies in its tenant's slot, also when that moves. */
@Timeout(180)
class HybridTransactionClusterIT {
  private static final int TENANTS = 12;
  private static final int EACH = 20;

  private final List<Tenant> tenants =
      IntStream.range(0, TENANTS).mapToObj(i -> Tenant.of("t" + i)).toList();

  @Test
  void theTenantsOfAllNodesArePublishedFor() throws Exception {
    try (RedisCluster cluster = RedisCluster.start();
        RedisConnection redis = RedisConnection.cluster(cluster.urls().toArray(String[]::new));
        StreamProducer producer = StreamProducer.builder(redis).idempotent().build();
        StreamWorker worker =
            StreamWorker.builder(redis, ORDERS)
                .tenants(tenants)
                .group(GROUP)
                .transactional(HybridTransactions.create().handler(this::handle))
                .build()) {
      assertThat(tenants.stream().map(tenant -> cluster.nodeOf(key(tenant))).distinct()).hasSize(3);
      worker.start();
      send(producer, 0, EACH / 2);
      int slot = cluster.slotOf(key(tenants.get(0)));
      cluster.moveSlot(
          slot,
          cluster.nodes().stream()
              .filter(node -> node != cluster.nodeOf(key(tenants.get(0))))
              .findFirst()
              .orElseThrow());
      send(producer, EACH / 2, EACH);
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == (long) TENANTS * EACH);

      for (Tenant tenant : tenants) {
        BothSides sides =
            new BothSides(cluster.nodeOf(key(tenant)), "tenant:{" + tenant.name() + "}");
        assertThat(sides.payloads("receipts"))
            .containsExactlyInAnyOrderElementsOf(
                IntStream.range(0, EACH).mapToObj(i -> tenant.name() + " paid " + i).toList());
        assertThat(sides.buffer("board")).hasSize(2 * EACH);
        assertThat(sides.buffer("board")).containsAllEntriesOf(sides.versionsInStream("receipts"));
      }
    }
  }

  private static String key(Tenant tenant) {
    return "tenant:{" + tenant.name() + "}:stream:orders";
  }

  private void send(StreamProducer producer, int from, int to) {
    for (Tenant tenant : tenants) {
      for (int i = from; i < to; i++) {
        producer.sendAndWait(tenant, ORDERS, Message.of("placed", Integer.toString(i)));
      }
    }
  }

  private void handle(Message<String> message, HybridTransaction<String> transaction) {
    String tenant = transaction.delivery().tenant().name();
    transaction.state(STATE).increment("handled", 1);
    transaction.publish(BOARD, Message.of("seen", tenant + " seen " + message.payload()));
    transaction.publish(Message.of("paid", tenant + " paid " + message.payload()), BOTH);
  }
}
