package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One worker of more tenants of a Cluster than have a reader of their own. */
@Timeout(180)
class FairClusterIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int TENANTS = 40;

  private final StreamTopic<String> topic = StreamTopic.of("orders", Serde.string());
  private RedisCluster cluster;
  private RedisConnection redis;
  private StreamProducer producer;

  @BeforeEach
  void start() {
    cluster = RedisCluster.builder().start();
    redis = RedisConnection.cluster(cluster.urls().toArray(String[]::new));
    producer = StreamProducer.builder(redis).build();
  }

  @AfterEach
  void close() {
    producer.close(Duration.ofSeconds(1));
    redis.close();
    cluster.close();
  }

  @Test
  void discoveredTenantsOfAllNodesTakeTurnsAndLeave() throws Exception {
    List<Tenant> tenants = IntStream.range(0, TENANTS).mapToObj(i -> Tenant.of("t" + i)).toList();
    Tenant loud = tenants.get(TENANTS - 1);
    send(loud, 5_000);
    Set<String> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger ofLoud = new AtomicInteger();
    AtomicBoolean othersAreDone = new AtomicBoolean();
    StreamWorker worker =
        StreamWorker.builder(redis, topic)
            .group("billing")
            .discoverTenants(TenantSource.scan(redis, topic), Duration.ofMillis(100))
            .handler(
                (message, delivery) -> {
                  assertThat(seen.add(delivery.tenant() + message.payload())).isTrue();
                  if (delivery.tenant().equals(loud)) {
                    ofLoud.incrementAndGet();
                    // Alone it keeps the worker busy for longer than a machine stalls.
                    long millis = othersAreDone.get() ? 1 : 50;
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
                  }
                })
            .build();
    try (worker) {
      worker.start();
      await().atMost(PATIENCE).until(() -> ofLoud.get() > 100);
      List<Tenant> others = tenants.subList(0, TENANTS - 1);
      others.forEach(tenant -> send(tenant, 10));
      await().atMost(PATIENCE).until(() -> seen.size() - ofLoud.get() == 10 * others.size());
      assertThat(ofLoud.get()).isLessThan(5_000);
      othersAreDone.set(true);
      assertThat(worker.tenants()).containsExactlyInAnyOrderElementsOf(tenants);
      assertThat(worker.awaitState(LifecycleState.RUNNING, PATIENCE)).isTrue();
      assertThat(readers()).isLessThanOrEqualTo(17);

      Tenant first = tenants.get(0);
      worker.add(first); // asked for: stays, whatever is found
      worker.remove(first).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      await().atMost(PATIENCE).until(() -> worker.tenants().contains(first)); // found again
      producer.sendAndWait(first, topic, Message.of("t", "again"));
      await().atMost(PATIENCE).until(() -> seen.contains(first + "again"));
      await().atMost(PATIENCE).until(() -> ofLoud.get() == 5_000);
    }
  }

  private static long readers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tandem-worker-billing-reader"))
        .count();
  }

  private void send(Tenant tenant, int count) {
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sent.add(producer.send(tenant, topic, Message.of("t", "m" + i)));
    }
    sent.forEach(CompletableFuture::join);
  }
}
