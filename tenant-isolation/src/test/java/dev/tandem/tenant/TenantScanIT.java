package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.SlotMove;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who has a stream, and what is said when that cannot be known for certain. */
@RedisTest
@Timeout(120)
class TenantScanIT {
  private static RedisKey stream(KeyLayout layout, Tenant tenant) {
    return layout.stream(tenant, "orders").stream();
  }

  @Test
  void aServerThatRestartsMeanwhileMakesTheListIncomplete() {
    Tenant tenant = Tenant.of("acme");
    try (RedisServer restarting = RedisServer.builder().appendOnly(true).start();
        FaultProxy proxy = FaultProxy.to(restarting);
        RedisConnection redis = RedisConnection.connect(proxy.url())) {
      new Holdings(redis).fill(List.of(stream(KeyLayout.plain(), tenant)));
      TenantScan scan = TenantScan.ofStreams(redis, "orders");
      assertThat(scan.tenants()).containsExactly(tenant);
      AtomicBoolean restarted = new AtomicBoolean();
      proxy.executeButDropReply(
          line -> {
            if (line.startsWith("SCAN ") && !restarted.getAndSet(true)) {
              restarting.restart();
            }
            return false;
          });

      assertThatThrownBy(scan::tenants)
          .isInstanceOfSatisfying(
              IncompleteTenantsException.class,
              e -> {
                assertThat(e.found()).containsExactly(tenant);
                assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(e.retryable()).isTrue();
              });
      assertThat(scan.tenants()).containsExactly(tenant);
    }
  }

  @Test
  void aSlotThatIsOnItsWayMakesTheListIncomplete() {
    try (RedisCluster cluster = RedisCluster.start();
        RedisConnection redis = RedisConnection.cluster(cluster.urls().get(0))) {
      List<Tenant> tenants = List.of(Tenant.of("a"), Tenant.of("b"), Tenant.of("c"));
      tenants.forEach(
          each -> new Holdings(redis).fill(List.of(stream(KeyLayout.hashTagged(), each))));
      TenantScan scan = TenantScan.ofStreams(redis, "orders");
      assertThat(scan.tenants()).containsExactlyInAnyOrderElementsOf(tenants);
      String key = stream(KeyLayout.hashTagged(), tenants.get(1)).text();
      RedisServer from = cluster.nodeOf(key);
      RedisServer to =
          cluster.nodes().stream().filter(node -> node != from).findFirst().orElseThrow();
      SlotMove move = cluster.beginMove(cluster.slotOf(key), to);

      assertThatThrownBy(scan::tenants).isInstanceOf(IncompleteTenantsException.class);

      move.finish();
      assertThat(scan.tenants()).containsExactlyInAnyOrderElementsOf(tenants);
    }
  }

  @Test
  void aTenantsOwnUserMayNotLookAndIsTold(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    try (RedisConnection admin = RedisConnection.connect(server.url())) {
      TenantAcl acl = TenantAcl.of(admin);
      TenantLogin login = acl.create(tenant);
      try (RedisConnection as =
          RedisConnection.builder()
              .url(server.url())
              .credentials(login.user(), login.secret())
              .build()) {
        assertThatThrownBy(() -> TenantScan.ofStreams(as, "orders").tenants())
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
      } finally {
        acl.remove(tenant);
      }
    }
  }
}
