package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.SlotMove;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a Cluster a tenant's keys lie in one slot, and slots move. */
@Timeout(120)
class OffboardingClusterIT {
  private static RedisCluster cluster;
  private static RedisConnection redis;
  private static Holdings holdings;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start();
    redis = RedisConnection.cluster(cluster.urls().get(0));
    holdings = new Holdings(redis);
  }

  @AfterAll
  static void stop() {
    redis.close();
    cluster.close();
  }

  @Test
  void deletesOneTenantOfManyOnAllNodes() {
    Set<RedisKey> own = Holdings.all(KeyLayout.hashTagged(), Tenant.of("acme")).keySet();
    List<RedisKey> others = new ArrayList<>(Holdings.neighbours("{acme}"));
    others.removeIf(key -> key.text().startsWith("tenant:{acme}:"));
    for (String name : List.of("acme2", "acm", "b", "c", "d")) {
      others.addAll(Holdings.all(KeyLayout.hashTagged(), Tenant.of(name)).keySet());
    }
    others.addAll(Holdings.all(KeyLayout.plain(), Tenant.of("acme")).keySet());
    holdings.fill(own);
    holdings.fill(others);
    Map<RedisKey, List<Byte>> before = holdings.dump(others);
    assertThat(cluster.nodes())
        .allSatisfy(node -> assertThat(String.valueOf(node.execute("DBSIZE"))).isNotEqualTo("0"));

    assertThat(Offboarding.of(redis).dryRun(Tenant.of("acme")).keys()).isEqualTo(own.size());
    OffboardingReport report = Offboarding.of(redis).run(Tenant.of("acme"));

    assertThat(report.clean()).isTrue();
    assertThat(report.keys()).isEqualTo(own.size());
    assertThat(holdings.count(own)).isZero();
    assertThat(holdings.dump(others)).isEqualTo(before);
  }

  @Test
  void whileTheSlotMovesNothingCountsAsCleanAndNothingIsForgotten() {
    Tenant tenant = Tenant.of("moving");
    Set<RedisKey> own = Holdings.all(KeyLayout.hashTagged(), tenant).keySet();
    holdings.fill(own);
    String key = own.iterator().next().text();
    RedisServer from = cluster.nodeOf(key);
    RedisServer to =
        cluster.nodes().stream().filter(node -> node != from).findFirst().orElseThrow();
    SlotMove move = cluster.beginMove(cluster.slotOf(key), to);

    OffboardingReport report = Offboarding.of(redis).run(tenant);

    assertThat(report.clean()).isFalse();
    assertThat(report.keys()).isEqualTo(own.size());
    move.finish();
    assertThat(Offboarding.of(redis).run(tenant).clean()).isTrue();
    assertThat(holdings.count(own)).isZero();
  }

  @Test
  void aSlotThatMovesBetweenTwoPagesIsSeenAgain() {
    Tenant tenant = Tenant.of("moved");
    Set<RedisKey> own = Holdings.all(KeyLayout.hashTagged(), tenant).keySet();
    holdings.fill(own);
    String key = own.iterator().next().text();
    RedisServer from = cluster.nodeOf(key);
    RedisServer to =
        cluster.nodes().stream().filter(node -> node != from).findFirst().orElseThrow();
    AtomicBoolean moved = new AtomicBoolean();

    OffboardingReport report =
        Offboarding.builder(redis)
            .batch(5)
            .listener(
                soFar -> {
                  if (!moved.getAndSet(true)) {
                    cluster.moveSlot(cluster.slotOf(key), to);
                  }
                })
            .build()
            .run(tenant);

    assertThat(report.clean()).isTrue();
    assertThat(holdings.count(own)).isZero();
    assertThat(report.keys()).isEqualTo(own.size());
  }
}
