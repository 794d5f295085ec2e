package dev.tandem.hybrid;

import static dev.tandem.hybrid.HybridStage.BOARD;
import static dev.tandem.hybrid.HybridStage.TOPIC;
import static dev.tandem.hybrid.HybridStage.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hybrid subscription has one place among its tenant's, from when it is made until it ends. */
@RedisTest
@Timeout(120)
class HybridSubscriberQuotaIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final HybridStage stage;
  private final RedisConnection redis;
  private final LiveBus bus;
  private final HybridSubscriber subscriber;

  HybridSubscriberQuotaIT(RedisServer server, @UniqueTenant String name) {
    this.stage = new HybridStage(server, name);
    this.redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
    this.bus = LiveBus.builder(redis).build();
    this.subscriber = HybridSubscriber.builder(redis, bus).build();
  }

  @AfterEach
  void close() {
    subscriber.close();
    bus.close();
    redis.close();
    stage.close();
  }

  private HybridSubscription watch(HybridSubscribeOptions options, Viewer viewer) {
    return subscriber.subscribe(stage.tenant, TOPIC, BOARD, options, viewer);
  }

  private void quota(TenantQuota.Builder quota) {
    TenantQuotas.of(redis).set(stage.tenant, quota.build());
  }

  private static void isRefused(String quota, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo(quota));
  }

  @Test
  void whoReadsTheStreamKeepsItsPlace() {
    quota(TenantQuota.builder().subscriptions(1));
    stage.publish(50);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Viewer viewer =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            reading.countDown();
            HybridStage.hold(goOn);
            super.onMessage(message);
          }
        };
    HybridSubscription subscription = watch(HybridSubscribeOptions.fromBeginning(), viewer);
    HybridStage.hold(reading);
    assertThat(subscription.stats().live()).isFalse();
    isRefused("subscriptions", () -> watch(HybridSubscribeOptions.fromNow(), new Viewer()));
    isRefused(
        "subscriptions",
        () -> bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), new Viewer()));
    goOn.countDown();
    HybridStage.awaitEvents(viewer, numbers(0, 50));
    await().atMost(SOON).until(() -> subscription.stats().live());
    await().atMost(SOON).until(() -> subscription.active().isDone());

    subscription.close();
    HybridSubscription next = watch(HybridSubscribeOptions.fromNow(), new Viewer());
    assertThat(next.active()).succeedsWithin(SOON);
  }

  @Test
  void oneTooManyIsRefusedAtTheDoorHoweverItBegins() {
    quota(TenantQuota.builder().subscriptions(1));
    MessageId first = stage.publish(1).get(0).id();
    HybridSubscription only = watch(HybridSubscribeOptions.after(first), new Viewer());
    for (HybridSubscribeOptions options :
        List.of(
            HybridSubscribeOptions.fromNow(),
            HybridSubscribeOptions.fromBeginning(),
            HybridSubscribeOptions.after(first),
            HybridSubscribeOptions.from(bus.currentPosition(stage.tenant, BOARD)))) {
      isRefused("subscriptions", () -> watch(options, new Viewer()));
    }
    assertThat(only.active()).succeedsWithin(SOON);
    assertThat(TenantQuotas.of(redis).usage(stage.tenant).subscriptions()).isEqualTo(1);
  }

  @Test
  void whoCannotGoOnTheChannelSaysSo() {
    quota(TenantQuota.builder().subscriptions(1));
    MessageId first = stage.publish(1).get(0).id();
    Subscription other =
        bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), new Viewer());
    // Where only the bus enforces quotas, each of its subscriptions is counted by itself.
    try (HybridSubscriber unlimited = HybridSubscriber.builder(stage.watching, bus).build()) {
      HybridSubscription subscription =
          unlimited.subscribe(
              stage.tenant, TOPIC, BOARD, HybridSubscribeOptions.after(first), new Viewer());
      await().atMost(SOON).until(() -> unlimited.health().status() == Health.Status.DEGRADED);
      assertThat(unlimited.health().detail())
          .startsWith("1 of 1 subscriptions cannot go on now")
          .contains("quota subscriptions of 1");
      await().atMost(SOON).until(() -> !subscription.stats().live());
      other.close();
      assertThat(subscription.active()).succeedsWithin(SOON);
      assertThat(subscription.stats().live()).isTrue();
      assertThat(unlimited.health().status()).isEqualTo(Health.Status.UP);
    }
  }

  @Test
  void aChannelThatMayNotBeginIsRefusedAtTheDoorHoweverItBegins() {
    quota(TenantQuota.builder().liveChannels(1).subscriptions(1));
    bus.currentPosition(stage.tenant, HybridQuotaIT.channel("other"));
    MessageId first = stage.publish(1, HybridStage.STREAM).get(0).id();
    for (HybridSubscribeOptions options :
        List.of(
            HybridSubscribeOptions.fromNow(),
            HybridSubscribeOptions.fromBeginning(),
            HybridSubscribeOptions.after(first))) {
      isRefused("live-channels", () -> watch(options, new Viewer()));
    }
    quota(TenantQuota.builder().liveChannels(2).subscriptions(1));
    HybridSubscription allowed = watch(HybridSubscribeOptions.after(first), new Viewer());
    assertThat(allowed.active()).succeedsWithin(SOON);
  }
}
