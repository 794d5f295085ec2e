package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RedisTest
@Timeout(60)
class ProducerQuotaIT {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());

  private RedisServer server;
  private RedisConnection redis;
  private Tenant tenant;
  private Tenant neighbour;
  private TenantQuotas quotas;

  @BeforeEach
  void connect(RedisServer given, @UniqueTenant String name) {
    server = given;
    redis = open();
    tenant = Tenant.of(name);
    neighbour = Tenant.of(name + "2");
    quotas = TenantQuotas.of(redis);
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private RedisConnection open() {
    return RedisConnection.builder().url(server.url()).enforceQuotas().build();
  }

  private StreamProducer producer(RedisConnection redis, boolean isIdempotent) {
    StreamProducerBuilder builder = StreamProducer.builder(redis);
    return (isIdempotent ? builder.idempotent() : builder).build();
  }

  private static Message<String> message(int bytes) {
    return Message.of("order.placed", "x".repeat(bytes));
  }

  private long length(Tenant tenant) {
    return Replies.number(
        redis
            .commands()
            .execute(
                Command.of("XLEN")
                    .key(KeyLayout.of(redis).stream(tenant, "orders").stream())
                    .repeatable()));
  }

  /** Sends so many, waits for all, and tells how many were appended; the others hit the quota. */
  private static int accepted(StreamProducer producer, Tenant tenant, int count, int bytes) {
    List<CompletableFuture<MessageId>> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sent.add(producer.send(tenant, ORDERS, message(bytes)));
    }
    int accepted = 0;
    for (CompletableFuture<MessageId> each : sent) {
      try {
        each.join();
        accepted++;
      } catch (CompletionException e) {
        assertThat(e.getCause()).isInstanceOf(QuotaExceededException.class);
      }
    }
    return accepted;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStreamTakesAsMuchAsItMayAndNoMore(boolean isIdempotent) {
    quotas.set(tenant, TenantQuota.builder().streamLength(1_000).build());
    try (StreamProducer producer = producer(redis, isIdempotent)) {
      for (int i = 0; i < 9; i++) {
        producer.sendAndWait(tenant, ORDERS, message(10));
      }
      assertThat(accepted(producer, tenant, 3_000, 10)).isEqualTo(991);
      assertThat(length(tenant)).isEqualTo(1_000);

      assertThatThrownBy(() -> producer.sendAndWait(tenant, ORDERS, message(10)))
          .isInstanceOfSatisfying(
              QuotaExceededException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
                assertThat(e.tenant()).contains(tenant.name());
                assertThat(e.destination()).contains("orders");
                assertThat(e.quota()).isEqualTo("stream-length");
                assertThat(e.limit()).isEqualTo(1_000);
              });
      assertThat(redis.metrics().counter("tandem.quota.refused.stream-length").getCount())
          .isEqualTo(2_010);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRefusalCostsNobodyElseAnything(boolean isIdempotent) {
    quotas.set(tenant, TenantQuota.builder().streamLength(5).build());
    StreamTopic<String> other = StreamTopic.of("other", Serde.string());
    try (StreamProducer producer = producer(redis, isIdempotent)) {
      List<CompletableFuture<MessageId>> others = new ArrayList<>();
      List<CompletableFuture<MessageId>> own = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        own.add(producer.send(tenant, ORDERS, message(10)));
        others.add(producer.send(neighbour, ORDERS, message(10)));
        if (i < 5) {
          others.add(producer.send(tenant, other, message(10)));
        }
      }
      assertThat(others).allSatisfy(each -> assertThat(each.join()).isNotNull());
      await().until(() -> own.stream().allMatch(CompletableFuture::isDone));
      assertThat(own.stream().filter(each -> !each.isCompletedExceptionally())).hasSize(5);
      assertThat(length(neighbour)).isEqualTo(500);
    }
  }

  @Test
  void manyProcessesTogetherNeverGoOver() {
    quotas.set(tenant, TenantQuota.builder().streamLength(2_000).build());
    List<RedisConnection> connections = new ArrayList<>();
    List<CompletableFuture<Integer>> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RedisConnection own = open();
      connections.add(own);
      boolean isIdempotent = i % 2 == 1;
      running.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (StreamProducer producer = producer(own, isIdempotent)) {
                  return accepted(producer, tenant, 5_000, 10);
                }
              },
              task -> new Thread(task, "sender").start()));
    }
    int accepted = running.stream().mapToInt(CompletableFuture::join).sum();
    connections.forEach(RedisConnection::close);

    assertThat(length(tenant)).isEqualTo(accepted).isLessThanOrEqualTo(2_000);
    try (StreamProducer producer = producer(redis, false)) {
      await().until(() -> accepted(producer, tenant, 1, 10) == 0 && length(tenant) == 2_000);
    }
  }

  @Test
  void bytesAreLimitedAndRoomComesBackWithTrimming() {
    quotas.set(tenant, TenantQuota.builder().streamBytes(1_000_000).build());
    try (StreamProducer producer = producer(redis, false)) {
      int each = 1_000 + 64 + "typeorder.placedkeyheadersdata".length();
      int accepted = accepted(producer, tenant, 3_000, 1_000);
      assertThat(accepted * each).isBetween(900_000, 1_000_000);
      assertThat(length(tenant)).isEqualTo(accepted);

      redis
          .commands()
          .execute(
              Command.of("XTRIM")
                  .key(KeyLayout.of(redis).stream(tenant, "orders").stream())
                  .arg("MAXLEN")
                  .arg("=")
                  .arg(accepted / 2)
                  .repeatable());
      await().until(() -> accepted(producer, tenant, 1, 1_000) == 1);
      AtomicInteger more = new AtomicInteger();
      await()
          .until(
              () -> {
                more.addAndGet(accepted(producer, tenant, 3_000, 1_000));
                return length(tenant) * each >= 850_000;
              });
      assertThat(length(tenant) * each).isLessThanOrEqualTo(1_000_000);
      assertThat(more).hasValueLessThanOrEqualTo(accepted / 2 + 1);
    }
  }

  @Test
  void aStreamThatIsThereAlreadyCounts() {
    try (RedisConnection free = RedisConnection.connect(server.url());
        StreamProducer producer = producer(free, false)) {
      assertThat(accepted(producer, tenant, 500, 1_000)).isEqualTo(500);
    }
    quotas.set(tenant, TenantQuota.builder().streamBytes(1_000_000).build());
    try (StreamProducer producer = producer(redis, false)) {
      assertThat(accepted(producer, tenant, 3_000, 1_000)).isBetween(300, 420);
    }
  }

  @Test
  void theRateIsThatOfAllProcessesTogether() {
    quotas.set(tenant, TenantQuota.builder().publishRate(1_000).build());
    long before = redis.serverTime().toEpochMilli();
    int accepted = 0;
    try (RedisConnection second = open();
        StreamProducer one = producer(redis, false);
        StreamProducer other = producer(second, false)) {
      while (redis.serverTime().toEpochMilli() - before < 1_500) {
        accepted += accepted(one, tenant, 100, 10);
        accepted += accepted(other, tenant, 100, 10);
      }
    }
    double seconds = (redis.serverTime().toEpochMilli() - before) / 1_000.0;
    assertThat((double) accepted).isBetween(1_000.0, 1_000 * (seconds + 1.1));
    assertThat(length(tenant)).isEqualTo(accepted);
  }

  @Test
  void aPayloadThatIsTooLargeIsRefusedAndNoOther() {
    quotas.set(tenant, TenantQuota.builder().payloadSize(100).build());
    try (StreamProducer producer = producer(redis, false)) {
      CompletableFuture<MessageId> first = producer.send(tenant, ORDERS, message(100));
      CompletableFuture<MessageId> large = producer.send(tenant, ORDERS, message(101));
      CompletableFuture<MessageId> last = producer.send(tenant, ORDERS, message(100));
      assertThat(first.join()).isNotNull();
      assertThat(last.join()).isNotNull();
      assertThatThrownBy(large::join)
          .cause()
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.retryable()).isFalse());
    }
  }

  @Test
  void quotasAreChangedAndRemovedWhileProducersRun() {
    try (StreamProducer producer = producer(redis, false)) {
      assertThat(accepted(producer, tenant, 10, 10)).isEqualTo(10);

      quotas.set(tenant, TenantQuota.builder().streamLength(5).build());
      assertThat(quotas.of(tenant).limits()).hasSize(1);
      await().atMost(Duration.ofSeconds(10)).until(() -> accepted(producer, tenant, 1, 10) == 0);
      long held = length(tenant);

      quotas.set(tenant, TenantQuota.builder().streamLength(held + 3).build());
      await().atMost(Duration.ofSeconds(10)).until(() -> accepted(producer, tenant, 1, 10) == 1);
      assertThat(accepted(producer, tenant, 10, 10)).isEqualTo(2);

      quotas.remove(tenant);
      assertThat(quotas.of(tenant)).isEqualTo(TenantQuota.NONE);
      await().atMost(Duration.ofSeconds(10)).until(() -> accepted(producer, tenant, 1, 10) == 1);
      assertThat(accepted(producer, tenant, 100, 10)).isEqualTo(100);
    }
  }

  @Test
  void whoDoesNotEnforceThemIsNotHeldBack() {
    quotas.set(tenant, TenantQuota.builder().streamLength(1).build());
    try (RedisConnection free = RedisConnection.connect(server.url());
        StreamProducer producer = producer(free, false)) {
      assertThat(accepted(producer, tenant, 10, 10)).isEqualTo(10);
    }
  }
}
