package dev.tandem.docs;

import dev.tandem.api.audit.AuditHook;
import dev.tandem.api.export.ExportPage;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamExport;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.TenantSource;
import dev.tandem.tenant.Offboarding;
import dev.tandem.tenant.OffboardingReport;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAccess;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantKeyring;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.tenant.quota.TenantUsage;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the chapter on tenants shows, as code that compiles and runs in {@link TenantsIT}. */
final class TenantExamples {
  private TenantExamples() {}

  /** A payload. */
  record Order(String id, String customer, long cents) {}

  static RedisConnection user(
      RedisConnection admin, String url, Tenant acme, Consumer<TenantLogin> secrets) {
    // snippet:tenant_acl
    TenantAcl acl = TenantAcl.of(admin); // a connection that may change users
    TenantLogin login = acl.create(acme); // once; the secret is kept nowhere else
    secrets.accept(login);

    RedisConnection asAcme =
        RedisConnection.builder().url(url).credentials(login.user(), login.secret()).build();

    TenantAccess access = acl.show(acme);
    if (!access.isAsItShouldBe()) {
      throw new IllegalStateException(access.differences().toString());
    }
    // end
    return asAcme;
  }

  static TenantUsage quotas(
      RedisConnection admin, String url, Tenant acme, Consumer<RedisConnection> use) {
    // snippet:tenant_quotas
    TenantQuotas quotas = TenantQuotas.of(admin);
    quotas.set(
        acme,
        TenantQuota.builder()
            .publishRate(5_000) // messages a second
            .streamLength(1_000_000)
            .streamBytes(1L << 30)
            .liveChannels(10_000)
            .subscriptions(50_000)
            .deadLetters(10_000)
            .payloadSize(64 << 10)
            .build());

    RedisConnection redis = RedisConnection.builder().url(url).enforceQuotas().build();
    // end
    use.accept(redis);
    redis.close();
    // snippet:tenant_usage
    TenantUsage usage = quotas.usage(acme);
    // end
    return usage;
  }

  static StreamWorker turns(
      RedisConnection redis, StreamTopic<Order> orders, StreamHandler<Order> handler) {
    // snippet:tenant_turns
    StreamWorker worker =
        StreamWorker.builder(redis, orders)
            .discoverTenants(TenantSource.scan(redis, orders)) // or a list of your own
            .inFlightPerTenant(4)
            .concurrency(64)
            .group("billing")
            .handler(handler)
            .build();
    // end
    return worker;
  }

  static RedisConnection audited(String url, AuditHook log) {
    // snippet:tenant_audit
    RedisConnection redis = RedisConnection.builder().url(url).audit(log).build();
    // end
    return redis;
  }

  static StreamTopic<Order> encrypted(Tenant acme, EncryptionKey key, EncryptionKey next) {
    // snippet:tenant_keys
    TenantKeyring keyring = TenantKeyring.create(); // filled from where you keep secrets
    keyring.load(acme, key, List.of());
    StreamTopic<Order> orders =
        StreamTopic.of("orders", Serde.json(Order.class).gzip().encrypted(keyring));

    keyring.add(acme, next); // in every process
    keyring.rotateTo(acme, next); // then in every process
    keyring.retire(acme, key.id()); // when nothing is left that the old key encrypted
    // end
    return orders;
  }

  static OffboardingReport offboard(
      RedisConnection admin,
      Tenant acme,
      TenantKeyring keyring,
      @Nullable String stored,
      BiConsumer<List<String>, String> store,
      Consumer<OffboardingReport> look) {
    // snippet:tenant_offboarding
    Offboarding offboarding = Offboarding.builder(admin).removingUser(TenantAcl.of(admin)).build();
    look.accept(offboarding.dryRun(acme)); // keys and bytes, by what they are for

    StreamExport export = StreamExport.builder(admin, acme).build();
    String cursor = stored;
    ExportPage page;
    do {
      page = export.page(cursor);
      cursor = page.cursor();
      store.accept(page.lines(), cursor); // after a crash go on with the cursor stored last
    } while (!page.isLast());

    OffboardingReport report = offboarding.run(acme);
    while (!report.clean()) { // something of the tenant still writes: stop it
      report = offboarding.run(acme);
    }
    keyring.forget(acme); // what is left in backups cannot be read any more
    // end
    return report;
  }
}
