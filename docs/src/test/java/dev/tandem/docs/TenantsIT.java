package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Serde;
import dev.tandem.docs.TenantExamples.Order;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamRange;
import dev.tandem.streams.StreamReader;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.OffboardingReport;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantKeyring;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.tenant.quota.TenantUsage;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of the chapter on tenants do what it says. */
@RedisTest
class TenantsIT {
  private static final Order ORDER = new Order("o-1", "c-1", 995);

  private final RedisServer server;
  private final RedisConnection admin;
  private final Tenant acme;
  private final Tenant neighbour;

  TenantsIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.admin = RedisConnection.connect(server.url());
    this.acme = Tenant.of(name);
    this.neighbour = Tenant.of(name + "2");
  }

  @AfterEach
  void close() {
    TenantAcl.of(admin).remove(acme);
    admin.close();
  }

  @Test
  void theUserOfATenantReachesNoOther() {
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    List<TenantLogin> secrets = new ArrayList<>();
    try (RedisConnection asAcme = TenantExamples.user(admin, server.url(), acme, secrets::add);
        StreamProducer producer = StreamProducer.builder(asAcme).build()) {
      producer.send(acme, orders, placed()).join();
      assertThatThrownBy(() -> producer.send(neighbour, orders, placed()).join())
          .hasCauseInstanceOf(MessagingException.class)
          .cause()
          .extracting(e -> ((MessagingException) e).code())
          .isEqualTo(ErrorCode.ACCESS_DENIED);
    }
    assertThat(secrets).hasSize(1);
  }

  @Test
  void quotasHoldAndTheReportTellsWhatIsUsed() {
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    TenantUsage usage =
        TenantExamples.quotas(
            admin,
            server.url(),
            acme,
            redis -> {
              try (StreamProducer producer = StreamProducer.builder(redis).build()) {
                producer.send(acme, orders, placed()).join();
                Order large = new Order("x".repeat(65 << 10), "c-1", 1);
                assertThatThrownBy(
                        () -> producer.send(acme, orders, Message.of("order.placed", large)).join())
                    .hasCauseInstanceOf(QuotaExceededException.class)
                    .hasMessageContaining(acme.name())
                    .hasMessageContaining("payload-size");
              }
            });
    assertThat(usage.entries()).isEqualTo(1);
  }

  @Test
  void tenantsThatAreDiscoveredAreServed() {
    StreamTopic<Order> orders = StreamTopic.of("orders-" + acme.name(), Serde.json(Order.class));
    List<String> handled = new CopyOnWriteArrayList<>();
    try (StreamProducer producer = StreamProducer.builder(admin).build();
        StreamWorker worker =
            TenantExamples.turns(
                admin, orders, (message, delivery) -> handled.add(delivery.tenant().name()))) {
      producer.send(acme, orders, placed()).join();
      producer.send(neighbour, orders, placed()).join();
      worker.start();
      await().atMost(Duration.ofSeconds(60)).until(() -> handled.size() == 2);
    }
    assertThat(handled).containsExactlyInAnyOrder(acme.name(), neighbour.name());
  }

  @Test
  void theAuditSeesWhatWasPublished() {
    List<AuditRecord> log = new CopyOnWriteArrayList<>();
    try (RedisConnection redis = TenantExamples.audited(server.url(), log::add);
        StreamProducer producer = StreamProducer.builder(redis).build()) {
      producer.send(acme, StreamTopic.of("orders", Serde.json(Order.class)), placed()).join();
      await().atMost(Duration.ofSeconds(60)).until(() -> log.size() == 1);
    }
    assertThat(log.get(0).tenant()).isEqualTo(acme.name());
    assertThat(log.get(0).type()).isEqualTo("order.placed");
  }

  @Test
  void whatARetiredKeyEncryptedCannotBeRead() {
    EncryptionKey first = EncryptionKey.generate("2026-01", new SecureRandom());
    EncryptionKey second = EncryptionKey.generate("2026-02", new SecureRandom());
    TenantKeyring before = TenantKeyring.create();
    before.rotateTo(acme, first);
    MessageId id;
    try (StreamProducer producer = StreamProducer.builder(admin).build()) {
      id = producer.send(acme, topic(before), placed()).join();
    }
    StreamReader reader = StreamReader.of(admin).strict();
    assertThat(reader.get(acme, topic(before), id)).isPresent();
    StreamTopic<Order> rotated = TenantExamples.encrypted(acme, first, second);
    assertThatThrownBy(() -> reader.get(acme, rotated, id))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining(acme.name())
        .hasMessageContaining(first.id());
  }

  @Test
  void whatIsOffboardedIsExportedAndGoneAndTheNeighbourStays() {
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    try (StreamProducer producer = StreamProducer.builder(admin).build()) {
      producer.send(acme, orders, placed()).join();
      producer.send(neighbour, orders, placed()).join();
    }
    TenantKeyring keyring = TenantKeyring.create();
    keyring.add(acme, EncryptionKey.generate("2026-01", new SecureRandom()));
    List<String> exported = new ArrayList<>();
    List<OffboardingReport> looked = new ArrayList<>();

    OffboardingReport report =
        TenantExamples.offboard(
            admin, acme, keyring, null, (lines, cursor) -> exported.addAll(lines), looked::add);

    assertThat(looked).extracting(OffboardingReport::keys).containsExactly(1L);
    assertThat(exported).singleElement().asString().contains("order.placed");
    assertThat(report.clean()).isTrue();
    assertThat(report.keys()).isEqualTo(1);
    assertThat(keyring.tenants()).isEmpty();
    assertThat(StreamReader.of(admin).range(neighbour, orders, StreamRange.all(), 10)).hasSize(1);
  }

  private static StreamTopic<Order> topic(TenantKeyring keyring) {
    return StreamTopic.of("orders", Serde.json(Order.class).gzip().encrypted(keyring));
  }

  private static Message<Order> placed() {
    return Message.of("order.placed", ORDER);
  }
}
