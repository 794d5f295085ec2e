package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Users on every node of a Cluster, one of them a replica. */
@Timeout(120)
class TenantAclClusterIT {
  private static final String SECRET = "sesame-open-sesame";

  private static RedisCluster cluster;
  private static RedisServer replica;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start();
    replica =
        RedisServer.builder()
            .setting("cluster-enabled", "yes")
            .setting("cluster-node-timeout", "2000")
            .start();
    RedisServer primary = cluster.nodes().get(0);
    String id = String.valueOf(primary.execute("CLUSTER", "MYID"));
    replica.execute("CLUSTER", "MEET", primary.host(), Integer.toString(primary.port()));
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> "OK".equals(replica.execute("CLUSTER", "REPLICATE", id)));
    awaitReplicaKnown();
  }

  private static void awaitReplicaKnown() {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                cluster.nodes().stream()
                    .allMatch(
                        node ->
                            String.valueOf(node.execute("CLUSTER", "SLOTS"))
                                .contains(Integer.toString(replica.port()))));
  }

  @AfterAll
  static void stop() {
    replica.close();
    cluster.close();
  }

  private static List<RedisServer> servers() {
    List<RedisServer> servers = new ArrayList<>(cluster.nodes());
    servers.add(replica);
    return servers;
  }

  @Test
  void theUserIsOnEveryNodeAndGone() {
    Tenant acme = Tenant.of("acme");
    try (RedisConnection redis = RedisConnection.cluster(cluster.urls().get(0))) {
      TenantAcl acl = TenantAcl.of(redis);
      TenantLogin login = acl.create(acme);

      assertThat(acl.show(acme).nodes()).hasSize(4);
      assertThat(acl.show(acme).differences()).isEmpty();
      assertThat(acl.show(acme).isAsItShouldBe()).isTrue();
      for (RedisServer server : servers()) {
        assertThat(server.execute("ACL", "GETUSER", login.user())).isNotNull();
      }
      try (RedisConnection as =
          RedisConnection.builder()
              .cluster(cluster.urls().get(1))
              .credentials(login.user(), login.secret())
              .build()) {
        as.commands().execute(Command.of("SET").key(RedisKey.of("tenant:{acme}:x")).arg("v"));
        assertThatThrownBy(
                () -> as.commands().execute(Command.of("GET").key(RedisKey.of("tenant:{acme2}:x"))))
            .hasMessageContaining("GET on tenant:{acme2}:x")
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
      }

      assertThat(acl.remove(acme)).isTrue();
      for (RedisServer server : servers()) {
        assertThat(server.execute("ACL", "GETUSER", login.user())).isNull();
      }
    }
  }

  @Test
  void aNodeThatForgotIsShownAndMended() {
    Tenant acme = Tenant.of("forgotten");
    try (RedisConnection redis = RedisConnection.cluster(cluster.urls().get(0))) {
      TenantAcl acl = TenantAcl.of(redis);
      acl.create(acme, SECRET);
      replica.execute("ACL", "DELUSER", "tenant:{forgotten}");
      cluster.nodes().get(1).execute("ACL", "SETUSER", "tenant:{forgotten}", ">another");

      TenantAccess access = acl.show(acme);
      assertThat(access.exists()).isTrue();
      assertThat(access.isAsItShouldBe()).isFalse();
      assertThat(access.differences())
          .anySatisfy(each -> assertThat(each).contains(replica.port() + ": the user is not there"))
          .anySatisfy(each -> assertThat(each).contains("its secrets are not those of the other"));

      acl.create(acme, SECRET);
      assertThat(acl.show(acme).differences()).isEmpty();
      acl.remove(acme);
    }
  }

  @Test
  void aNodeThatIsAwayFailsTheCallAndTheOthersAreTold() {
    Tenant acme = Tenant.of("away");
    try (RedisConnection redis =
        RedisConnection.builder()
            .cluster(cluster.urls().get(0))
            .retry(1, Duration.ofMillis(1))
            .connectTimeout(Duration.ofSeconds(2))
            .build()) {
      TenantAcl acl = TenantAcl.of(redis);
      acl.create(acme, SECRET);
      replica.stop();
      assertThatThrownBy(() -> acl.rotate(acme, SECRET + 2))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isIn(ErrorCode.UNAVAILABLE, ErrorCode.OUTCOME_UNKNOWN))
          .hasMessageContaining("cannot rotate the secret of the user of tenant away on 1 of 4");
      assertThatThrownBy(() -> acl.create(acme, SECRET + 2))
          .hasMessageContaining(Integer.toString(replica.port()));
      for (RedisServer node : cluster.nodes()) {
        assertThat(node.execute("ACL", "GETUSER", "tenant:{away}"))
            .asString()
            .contains(new TenantLogin("x", SECRET + 2).digest());
      }
    } finally {
      replica.restart();
      awaitReplicaKnown();
    }
  }

  @Test
  void serversBesidesAreToldToo() {
    Tenant acme = Tenant.of("besides");
    try (RedisServer primary = RedisServer.start();
        RedisServer follower = primary.startReplica();
        RedisConnection redis = RedisConnection.connect(primary.url());
        RedisConnection second = RedisConnection.connect(follower.url())) {
      TenantAcl acl = TenantAcl.builder(redis).alsoOn(second).build();
      TenantLogin login = acl.create(acme);
      assertThat(follower.execute("ACL", "GETUSER", login.user())).isNotNull();
      assertThat(acl.show(acme).nodes()).hasSize(2);
      assertThat(acl.show(acme).differences()).isEmpty();
      assertThat(acl.remove(acme)).isTrue();
      assertThat(follower.execute("ACL", "GETUSER", login.user())).isNull();
    }
  }
}
