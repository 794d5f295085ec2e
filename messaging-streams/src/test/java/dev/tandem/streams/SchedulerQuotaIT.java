package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.schedule.Promoter;
import dev.tandem.streams.internal.schedule.Promotion;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(60)
class SchedulerQuotaIT {
  private final Fixture fixture;
  private final Tenant neighbour;
  private final RedisConnection redis;
  private final StreamScheduler scheduler;

  SchedulerQuotaIT(RedisServer server, @UniqueTenant String name) {
    this.fixture = new Fixture(server.url(), name);
    this.neighbour = Tenant.of(name + "2");
    this.redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
    this.scheduler = StreamScheduler.of(redis);
  }

  @AfterEach
  void close() {
    fixture.close();
    redis.close();
  }

  private void quota(TenantQuota.Builder quota) {
    TenantQuotas.of(redis).set(fixture.tenant, quota.build());
  }

  private void schedule(Tenant tenant, String payload, Duration delay) {
    scheduler.sendAfter(tenant, fixture.topic, Message.of("test", payload), delay);
  }

  private void isRefused(String payload, String quota) {
    assertThatThrownBy(() -> schedule(fixture.tenant, payload, Duration.ofHours(1)))
        .isInstanceOfSatisfying(
            QuotaExceededException.class,
            e -> {
              assertThat(e.quota()).isEqualTo(quota);
              assertThat(e.tenant()).contains(fixture.tenant.name());
            });
  }

  private long waiting(Tenant tenant) {
    return scheduler.count(tenant, fixture.topic.name());
  }

  @Test
  void aPayloadThatIsTooLargeIsNotScheduled() {
    quota(TenantQuota.builder().payloadSize(5));
    isRefused("too large", "payload-size");
    schedule(fixture.tenant, "small", Duration.ofHours(1));
    schedule(neighbour, "much too large", Duration.ofHours(1));
    assertThat(waiting(fixture.tenant)).isEqualTo(1);
    assertThat(waiting(neighbour)).isEqualTo(1);
  }

  @Test
  void noMoreIsScheduledThanTheRateAllows() {
    quota(TenantQuota.builder().publishRate(1));
    long before = System.nanoTime();
    long refused = 0;
    for (int i = 0; i < 50; i++) {
      try {
        schedule(fixture.tenant, "m", Duration.ofHours(1));
      } catch (QuotaExceededException e) {
        assertThat(e.quota()).isEqualTo("publish-rate");
        refused++;
      }
      schedule(neighbour, "m", Duration.ofHours(1));
    }
    long seconds = Duration.ofNanos(System.nanoTime() - before).toSeconds();
    assertThat(waiting(fixture.tenant)).isEqualTo(50 - refused).isBetween(1L, seconds + 3);
    assertThat(waiting(neighbour)).isEqualTo(50);
  }

  @Test
  void whatIsDueAtAFullStreamWaitsUntilThereIsRoom() {
    fixture.send(2);
    quota(TenantQuota.builder().streamLength(2));
    for (int i = 0; i < 3; i++) {
      schedule(fixture.tenant, "later" + i, Duration.ZERO);
      schedule(neighbour, "later" + i, Duration.ZERO);
    }
    // It is the server that says so: who appends need not enforce anything.
    try (SchedulePromoter promoter =
        SchedulePromoter.builder(fixture.redis)
            .topic(fixture.tenant, fixture.topic.name())
            .topic(neighbour, fixture.topic.name())
            .build()) {
      promoter.start();
      await().atMost(SOON).until(() -> waiting(neighbour) == 0);
      assertThat(waiting(fixture.tenant)).isEqualTo(3);
      assertThat(length()).isEqualTo(2);
      fixture.run("XTRIM", fixture.stream(), "MAXLEN", "0");
      await().atMost(SOON).until(() -> waiting(fixture.tenant) == 1);
      assertThat(length()).isEqualTo(2);
      fixture.run("XTRIM", fixture.stream(), "MAXLEN", "0");
      await().atMost(SOON).until(() -> waiting(fixture.tenant) == 0);
      assertThat(length()).isEqualTo(1);
    }
  }

  @Test
  void whatIsDueTakesNoRoomThatOthersWereGiven() {
    fixture.send(2);
    quota(TenantQuota.builder().streamLength(5));
    StreamKeys keys = KeyLayout.of(redis).stream(fixture.tenant, fixture.topic.name());
    String quota = keys.quota().text();
    long later = redis.serverTime().plusSeconds(3_600).toEpochMilli();
    fixture.run("HSET", quota, "process a", "2 99 " + later, "process died", "1 99 1");
    for (int i = 0; i < 3; i++) {
      schedule(fixture.tenant, "later" + i, Duration.ZERO);
    }
    Promoter promoter = new Promoter(redis);
    Promotion promotion = promoter.promote(List.of(keys)).get(0);
    assertThat(promotion.appended()).isEqualTo(1);
    assertThat(Objects.requireNonNull(promotion.error()).code())
        .isEqualTo(ErrorCode.QUOTA_EXCEEDED);
    assertThat(length()).isEqualTo(3);
    fixture.run("HDEL", quota, "process a");
    assertThat(promoter.promote(List.of(keys)).get(0).appended()).isEqualTo(2);
    assertThat(length()).isEqualTo(5);
  }

  @Test
  void whatWasScheduledLeavesThatMuchLessRoomInBytesToOthers() {
    quota(TenantQuota.builder().streamBytes(10_000));
    Message<String> message = Message.of("test", "x".repeat(1_000));
    StreamKeys keys = KeyLayout.of(redis).stream(fixture.tenant, fixture.topic.name());
    try (StreamProducer producer = StreamProducer.builder(redis).build()) {
      producer.sendAndWait(fixture.tenant, fixture.topic, message);
      for (int i = 0; i < 5; i++) {
        schedule(fixture.tenant, "x".repeat(1_000), Duration.ZERO);
      }
      assertThat(new Promoter(redis).promote(List.of(keys)).get(0).appended()).isEqualTo(5);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10; i++) {
                  producer.sendAndWait(fixture.tenant, fixture.topic, message);
                }
              })
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo("stream-bytes"));
      assertThat(length()).isLessThanOrEqualTo(9);
    }
  }

  private long length() {
    return Replies.number(fixture.run("XLEN", fixture.stream()));
  }
}
