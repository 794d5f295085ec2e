package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a Cluster the tenants of one batch live on different nodes. */
@Timeout(120)
class HybridClusterIT {
  private static final int SLOTS = 16_384;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theTenantsOfOneBatchMayLiveOnDifferentNodes(boolean idempotent) throws Exception {
    try (RedisServer first = node();
        RedisServer second = node()) {
      join(first, second);
      StreamTopic<String> topic = StreamTopic.of("payments", Serde.string());
      Channel<String> channel = Channel.of("board", Serde.string());
      Route<String> route = Route.toStream(topic).andChannel(channel);
      try (RedisConnection redis = RedisConnection.cluster(first.url());
          HybridPublisher publisher =
              (idempotent
                      ? HybridPublisher.builder(redis).idempotent()
                      : HybridPublisher.builder(redis))
                  .build()) {
        List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
          Tenant tenant = Tenant.of("t" + i % 20);
          receipts.add(publisher.publishAsync(tenant, Message.of("paid", "m" + i), route));
        }
        for (CompletableFuture<HybridReceipt> receipt : receipts) {
          assertThat(receipt.get(60, TimeUnit.SECONDS).position()).isNotNull();
        }
        assertThat(publisher.stats().published()).isEqualTo(400);
        assertThat(publisher.stats().failed()).isZero();
      }
      assertThat(keys(first)).isPositive();
      assertThat(keys(second)).isPositive();
    }
  }

  @Test
  void quotasHoldForTenantsOnEveryNode() throws Exception {
    try (RedisServer first = node();
        RedisServer second = node()) {
      join(first, second);
      StreamTopic<String> topic = StreamTopic.of("payments", Serde.string());
      Channel<String> channel =
          Channel.of("board", Serde.string()).recoverable(Duration.ofMinutes(1), 100);
      try (RedisConnection redis =
              RedisConnection.builder().cluster(first.url()).enforceQuotas().build();
          HybridPublisher publisher = HybridPublisher.builder(redis).build()) {
        TenantQuotas quotas = TenantQuotas.of(redis);
        TenantQuota.Builder quota = TenantQuota.builder();
        Arrays.stream(Quota.values()).forEach(each -> quota.limit(each, 1_000));
        quota.streamLength(5).streamBytes(1_000_000);
        List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          quotas.set(Tenant.of("t" + i), quota.build());
        }
        for (int i = 0; i < 200; i++) {
          receipts.add(
              publisher.publishAsync(
                  Tenant.of("t" + i % 20),
                  Message.of("paid", "m" + i),
                  Route.toStream(topic).andChannel(channel)));
        }
        await().until(() -> receipts.stream().allMatch(CompletableFuture::isDone));
        assertThat(publisher.stats().published()).isEqualTo(100);
        assertThat(redis.metrics().counter("tandem.quota.refused.stream-length").getCount())
            .isEqualTo(100);
        assertThat(quotas.usage(Tenant.of("t0")).entries()).isEqualTo(5);
      }
    }
  }

  private static long keys(RedisServer node) {
    return Long.parseLong(String.valueOf(node.execute("DBSIZE")));
  }

  private static RedisServer node() {
    return RedisServer.builder()
        .setting("cluster-enabled", "yes")
        .setting("cluster-node-timeout", "5000")
        .start();
  }

  private static void join(RedisServer first, RedisServer second) {
    addSlots(first, 0, SLOTS / 2);
    addSlots(second, SLOTS / 2, SLOTS);
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

  private static void addSlots(RedisServer node, int from, int to) {
    String[] command = new String[2 + to - from];
    command[0] = "CLUSTER";
    command[1] = "ADDSLOTS";
    for (int slot = from; slot < to; slot++) {
      command[2 + slot - from] = Integer.toString(slot);
    }
    node.execute(command);
  }
}
