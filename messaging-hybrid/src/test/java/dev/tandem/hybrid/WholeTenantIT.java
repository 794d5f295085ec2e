package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.Offboarding;
import dev.tandem.tenant.OffboardingReport;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the modules really write is known by name, and goes while programs still run. */
@RedisTest
@Timeout(120)
class WholeTenantIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());

  @Test
  void everyKeyIsKnownAndAllIsGoneThoughItsProgramsStillRun(
      RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    try (RedisConnection admin = RedisConnection.connect(server.url())) {
      TenantAcl acl = TenantAcl.of(admin);
      TenantLogin login = acl.create(tenant);
      TenantQuota.Builder plenty = TenantQuota.builder();
      Arrays.stream(Quota.values()).forEach(quota -> plenty.limit(quota, 1_000_000));
      TenantQuotas.of(admin).set(tenant, plenty.build());
      try (RedisConnection redis =
              RedisConnection.builder()
                  .url(server.url())
                  .credentials(login.user(), login.secret())
                  .enforceQuotas()
                  .build();
          LiveBus bus = LiveBus.builder(redis).build();
          HybridPublisher hybrid = HybridPublisher.builder(redis).idempotent().build();
          StreamProducer producer = StreamProducer.builder(redis).idempotent().build();
          Presence presence = Presence.builder(bus, tenant, "who").build();
          StreamWorker worker =
              StreamWorker.builder(redis, ORDERS)
                  .tenant(tenant)
                  .group("billing")
                  .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(1))
                  .handler(
                      (message, delivery) -> {
                        throw new IllegalStateException("cannot");
                      })
                  .build()) {
        worker.start();
        presence.ready().join();
        producer.sendAndWait(tenant, ORDERS, Message.of("test", "m"));
        hybrid.publish(
            tenant, Message.of("test", "both"), Route.toStream(ORDERS).andChannel(BOARD));
        bus.publish(tenant, BOARD, Message.of("test", "live"));
        StreamScheduler.of(redis)
            .sendAfter(tenant, ORDERS, Message.of("test", "later"), Duration.ofHours(1));
        EventStore.of(redis)
            .append(
                tenant,
                EventCategory.of("accounts", Serde.string()),
                "acc 1",
                ExpectedVersion.any(),
                List.of(Message.of("opened", "event")));
        await()
            .atMost(SOON)
            .until(() -> DeadLetters.of(redis).count(tenant, "orders", "billing") == 2);

        OffboardingReport dry = Offboarding.of(admin).dryRun(tenant);
        assertThat(dry.found())
            .containsKeys(
                KeyKind.STREAM,
                KeyKind.DEAD_LETTERS,
                KeyKind.PRODUCER,
                KeyKind.SCHEDULE,
                KeyKind.EVENTS,
                KeyKind.AGGREGATE,
                KeyKind.CHANNEL_BUFFER,
                KeyKind.CHANNEL_HEAD,
                KeyKind.CHANNEL_INDEX,
                KeyKind.PUBLISHER,
                KeyKind.QUOTA,
                KeyKind.STREAM_QUOTA)
            .doesNotContainKey(KeyKind.OTHER);

        OffboardingReport report = Offboarding.builder(admin).removingUser(acl).build().run(tenant);

        assertThat(report.userRemoved()).isTrue();
        assertThat(report.clean()).isTrue();
        // Its programs go on trying, and cannot come back.
        assertThat(Offboarding.of(admin).dryRun(tenant).keys()).isZero();
        worker.closeNow();
      }
      assertThat(Offboarding.of(admin).dryRun(tenant).keys()).isZero();
    }
  }
}
