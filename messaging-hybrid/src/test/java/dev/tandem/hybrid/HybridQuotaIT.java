package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(120)
class HybridQuotaIT {
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD = channel("board");
  private static final Channel<String> FEED = channel("feed");
  private static final Route<String> BOTH = Route.toStream(PAYMENTS).andChannel(BOARD);

  static Channel<String> channel(String name) {
    return Channel.of(name, Serde.string()).recoverable(Duration.ofMinutes(1), 1_000);
  }

  @Test
  void aMessageThatOneSideRefusesIsOnNeither(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).enforceQuotas().build();
        LiveBus bus = LiveBus.builder(redis).build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      TenantQuotas.of(redis)
          .set(tenant, TenantQuota.builder().streamLength(400).liveChannels(1).build());
      List<CompletableFuture<HybridReceipt>> sent = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        sent.add(hybrid.publishAsync(tenant, Message.of("paid", "x"), BOTH));
      }
      await().until(() -> sent.stream().allMatch(CompletableFuture::isDone));
      assertThat(sent.stream().filter(each -> !each.isCompletedExceptionally())).hasSize(400);
      assertThat(StreamAdmin.of(redis).info(tenant, "payments").length()).isEqualTo(400);
      assertThat(bus.currentPosition(tenant, BOARD).version()).isEqualTo(400);

      assertThatThrownBy(
              () ->
                  hybrid.publish(
                      tenant,
                      Message.of("paid", "x"),
                      Route.toStream(StreamTopic.of("other", Serde.string())).andChannel(FEED)))
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo("live-channels"));
      assertThat(hybrid.publish(tenant, Message.of("paid", "x"), Route.toChannel(BOARD)).id())
          .isNotNull();
    }
  }

  @Test
  void aMessageThatOneSideRefusesTakesNothingOfTheOther(
      RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    Message<String> message = Message.of("paid", "x");
    StreamTopic<String> other = StreamTopic.of("other", Serde.string());
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).enforceQuotas().build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      TenantQuotas.of(redis)
          .set(
              tenant,
              TenantQuota.builder().publishRate(100).streamLength(10).liveChannels(1).build());
      for (int i = 0; i < 10; i++) {
        hybrid.publish(tenant, message, BOTH);
      }
      areAllRefused("stream-length", hybrid, tenant, BOTH);
      areAllRefused("live-channels", hybrid, tenant, Route.toStream(other).andChannel(FEED));
      for (int i = 0; i < 40; i++) {
        hybrid.publish(tenant, message, Route.toChannel(BOARD));
      }
      for (int i = 0; i < 10; i++) {
        hybrid.publish(tenant, message, Route.toStream(other));
      }
    }
  }

  /** While rounds are under way a refusal is asked for twice. */
  private static void areAllRefused(
      String quota, HybridPublisher hybrid, Tenant tenant, Route<String> route) {
    List<CompletableFuture<HybridReceipt>> sent = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      sent.add(hybrid.publishAsync(tenant, Message.of("paid", "x"), route));
    }
    for (CompletableFuture<HybridReceipt> each : sent) {
      assertThat(each)
          .failsWithin(Duration.ofSeconds(60))
          .withThrowableThat()
          .havingCause()
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo(quota));
    }
  }

  @Test
  void theHookSeesWhoPublishedWhatWhere(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    List<AuditRecord> records = new CopyOnWriteArrayList<>();
    try (RedisConnection redis =
            RedisConnection.builder()
                .url(server.url())
                .clientName("cashier")
                .enforceQuotas()
                .audit(records::add)
                .build();
        LiveBus bus = LiveBus.builder(redis).instanceId("till-1").build();
        StreamProducer producer = StreamProducer.builder(redis).build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      TenantQuotas.of(redis).set(tenant, TenantQuota.builder().payloadSize(10).build());
      String id =
          producer.sendAndWait(tenant, PAYMENTS, Message.of("paid", "secret").key("k")).value();
      bus.publish(tenant, BOARD, Message.of("shown", "secret"));
      String both = hybrid.publish(tenant, Message.of("done", "secret"), BOTH).id().value();
      assertThatThrownBy(
              () -> producer.sendAndWait(tenant, PAYMENTS, Message.of("big", "x".repeat(11))))
          .isInstanceOf(QuotaExceededException.class);
      await().until(() -> records.size() == 5);

      assertThat(records)
          .allSatisfy(
              record -> {
                assertThat(record.tenant()).isEqualTo(name);
                assertThat(record.client()).isEqualTo("cashier");
                assertThat(record.toString()).doesNotContain("secret");
              });
      assertThat(records.get(0).messageId()).isEqualTo(id);
      assertThat(records.get(0).key()).isEqualTo("k");
      assertThat(records.get(0).kind()).isEqualTo(AuditRecord.Kind.STREAM);
      assertThat(records.get(0).destination()).isEqualTo("payments");
      assertThat(records.get(1).instance()).isEqualTo("till-1");
      assertThat(records.get(1).version()).isEqualTo(1);
      assertThat(records.get(1).type()).isEqualTo("shown");
      assertThat(records.subList(2, 4))
          .allSatisfy(record -> assertThat(record.messageId()).isEqualTo(both));
      assertThat(records.get(3).version()).isEqualTo(2);
      assertThat(records.get(4).failure()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
    }
  }

  @Test
  void aHookThatThrowsOrBlocksHoldsNobodyUp(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    CountDownLatch blocked = new CountDownLatch(1);
    try (RedisConnection redis =
            RedisConnection.builder()
                .url(server.url())
                .audit(
                    record -> {
                      blocked.await();
                      throw new IllegalStateException("no");
                    })
                .build();
        StreamProducer producer = StreamProducer.builder(redis).build()) {
      for (int i = 0; i < 10; i++) {
        producer.sendAndWait(tenant, PAYMENTS, Message.of("paid", "x"));
      }
      blocked.countDown();
      await().until(() -> redis.metrics().counter("tandem.audit.failures").getCount() == 10);
    }
  }
}
