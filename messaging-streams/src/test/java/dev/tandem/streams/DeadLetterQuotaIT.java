package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(60)
class DeadLetterQuotaIT {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());

  private RedisConnection redis;
  private Tenant tenant;
  private TenantQuotas quotas;
  private DeadLetters letters;

  @BeforeEach
  void connect(RedisServer server, @UniqueTenant String name) {
    redis = RedisConnection.connect(server.url());
    tenant = Tenant.of(name);
    quotas = TenantQuotas.of(redis);
    letters = DeadLetters.of(redis);
    quotas.set(tenant, TenantQuota.builder().deadLetters(2).build());
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private void send(int messages) {
    try (StreamProducer producer = StreamProducer.builder(redis).build()) {
      for (int i = 0; i < messages; i++) {
        producer.sendAndWait(tenant, ORDERS, Message.of("order.placed", "order-" + i));
      }
    }
  }

  private long pending() {
    return StreamAdmin.of(redis).pendingSummary(tenant, "orders", "billing").count();
  }

  private long refused(String by) {
    String name = "tandem.streams." + by + ".orders.billing.dead-letters-refused";
    return redis.metrics().counter(name).getCount();
  }

  @Test
  void whatFindsNoRoomStaysWithItsGroupUntilThereIsSome() {
    send(5);
    Set<String> buried = ConcurrentHashMap.newKeySet();
    try (StreamWorker worker =
        StreamWorker.builder(redis, ORDERS)
            .tenant(tenant)
            .group("billing")
            .retry(RetryPolicy.none())
            .handler(
                (message, delivery) -> {
                  throw new IllegalStateException("no");
                })
            .build()) {
      worker.start();
      await().until(() -> letters.count(tenant, "orders", "billing") == 2);
      await().until(() -> worker.stats().deadLettered() >= 2);
      assertThat(pending()).isEqualTo(3);
      await().until(() -> refused("worker") == 3);

      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                letters
                    .list(tenant, "orders", "billing", 10)
                    .forEach(
                        letter -> {
                          buried.add(letter.originalId().value());
                          letters.discard(tenant, "orders", "billing", letter.id());
                        });
                return buried.size() == 5;
              });
      await().until(() -> pending() == 0);
    }
  }

  @Test
  void aRejectionThatFindsNoRoomSaysSo() {
    send(3);
    try (StreamConsumer consumer = StreamConsumer.builder(redis).group("billing").build()) {
      List<HeldDelivery<String>> held = consumer.poll(tenant, ORDERS, 10);
      held.get(0).reject("no");
      held.get(1).reject("no");
      assertThatThrownBy(() -> held.get(2).reject("no"))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
                assertThat(e).hasMessageContaining("dead-letters of 2");
              });
      assertThat(pending()).isEqualTo(1);
      assertThat(refused("consumer")).isEqualTo(1);
      quotas.remove(tenant);
      held.get(2).reject("no");
      assertThat(pending()).isZero();
    }
  }
}
