package dev.tandem.docs.tenants;

import dev.tandem.hybrid.Route;
import dev.tandem.outbox.Outbox;
import dev.tandem.outbox.OutboxRelay;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.outbox.OutboxSchema;
import dev.tandem.pubsub.ChannelExport;
import dev.tandem.streams.StreamExport;
import dev.tandem.streams.TenantSource;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.Offboarding;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantKeys;
import dev.tandem.tenant.TenantScan;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;

/** Quotas, the outbox, and what only an administrator may do. */
final class AdministratorsOperations {
  private static final String SECRET = "0123456789-0123456789-0123456789";

  private AdministratorsOperations() {}

  /** What a tenant's user may do for its tenant. */
  static List<Operation<?>> quotasAndOutbox() {
    return List.of(
        Operation.of(
            "TenantQuotas.set(Tenant,TenantQuota)",
            w -> {
              quotas(w).set(w.tenant, TenantQuota.builder().deadLetters(10).build());
              return "";
            }),
        Operation.of("TenantQuotas.of(Tenant)", w -> quotas(w).of(w.tenant)),
        Operation.of(
            "TenantQuotas.remove(Tenant)",
            w -> {
              quotas(w).remove(w.tenant);
              return "";
            }),
        Operation.of("OutboxRelay.start()", AdministratorsOperations::relay));
  }

  private static Object relay(World w) throws Exception {
    OutboxRoute<String> route = OutboxRoute.of("paid", Route.toStream(w.topic).andChannel(w.board));
    DataSource database = database(w);
    try (Connection connection = database.getConnection()) {
      OutboxSchema.create(connection);
      connection.setAutoCommit(false);
      Outbox.inDefaultTable().save(connection, w.tenant, w.message(), route);
      connection.commit();
    }
    OutboxRelay relay = w.open(OutboxRelay.builder(w.redis, database).route(route).build());
    relay.start();
    World.await(() -> relay.stats().published() > 0, relay::health);
    return "";
  }

  private static DataSource database(World w) throws SQLException {
    JdbcConnectionPool pool =
        JdbcConnectionPool.create("jdbc:h2:mem:" + w.tenant + System.nanoTime(), "sa", "");
    w.open(pool::dispose);
    w.open(pool.getConnection()); // the database lives as long as somebody is connected
    return pool;
  }

  private static TenantQuotas quotas(World w) {
    return TenantQuotas.of(w.redis);
  }

  /** What a tenant's user may not do, not even for its tenant. */
  static List<Operation<?>> forAdministratorsOnly() {
    return List.of(
        Operation.of(
            "StreamExport.page(String)",
            w -> StreamExport.builder(w.redis, w.tenant).build().page(null)),
        Operation.of(
            "ChannelExport.page(String)",
            w -> ChannelExport.builder(w.redis, w.tenant).build().page(null)),
        Operation.of("Offboarding.dryRun(Tenant)", w -> Offboarding.of(w.redis).dryRun(w.tenant)),
        Operation.of("Offboarding.run(Tenant)", w -> Offboarding.of(w.redis).run(w.tenant)),
        Operation.of(
            "TenantScan.tenants()", w -> TenantScan.ofStreams(w.redis, w.topic.name()).tenants()),
        Operation.of(
            "TenantSource.scan(RedisConnection,StreamTopic)",
            w -> TenantSource.scan(w.redis, w.topic).tenants()),
        Operation.of(
            "TenantKeys.list(Tenant,Set,RedisKey,int)",
            w -> TenantKeys.of(w.redis).list(w.tenant, EnumSet.allOf(KeyKind.class), null, 10)),
        Operation.of("TenantQuotas.usage(Tenant)", w -> quotas(w).usage(w.tenant)),
        Operation.of("TenantAcl.create(Tenant)", w -> acl(w).create(w.tenant)),
        Operation.of("TenantAcl.create(Tenant,String)", w -> acl(w).create(w.tenant, SECRET)),
        Operation.of("TenantAcl.rotate(Tenant)", w -> acl(w).rotate(w.tenant)),
        Operation.of("TenantAcl.rotate(Tenant,String)", w -> acl(w).rotate(w.tenant, SECRET)),
        Operation.of(
            "TenantAcl.retireOthers(Tenant,String)",
            w -> {
              acl(w).retireOthers(w.tenant, SECRET);
              return "";
            }),
        Operation.of("TenantAcl.show(Tenant)", w -> acl(w).show(w.tenant)),
        Operation.of("TenantAcl.tenants()", w -> acl(w).tenants()),
        Operation.of("TenantAcl.disconnect(Tenant)", w -> acl(w).disconnect(w.tenant)),
        Operation.of("TenantAcl.remove(Tenant)", w -> acl(w).remove(w.tenant)));
  }

  private static TenantAcl acl(World w) {
    return TenantAcl.of(w.redis);
  }
}
