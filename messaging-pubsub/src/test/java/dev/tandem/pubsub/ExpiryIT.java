package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is too old when its turn comes is left out, and nothing is told to be missing. */
@RedisTest
class ExpiryIT {
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofHours(1);

  private final Buses buses = new Buses();
  private final LiveBus bus;
  private final Tenant tenant;

  ExpiryIT(RedisServer server, @UniqueTenant String name) {
    this.bus = buses.bus(server.url());
    this.tenant = Tenant.of(name);
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private static Message<String> expiring(String payload, Duration ttl) {
    return message(payload).expiresAfter(ttl);
  }

  private static void pass(Duration time) {
    long from = System.nanoTime();
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(() -> System.nanoTime() - from > time.toNanos());
  }

  @Test
  void whatExpiredInTheBufferIsNotRecovered() throws Exception {
    bus.publish(tenant, channel("board"), message("m1"));
    bus.publish(tenant, channel("board"), expiring("gone", SHORT));
    PublishReceipt last = bus.publish(tenant, channel("board"), expiring("m2", LONG));
    pass(SHORT.multipliedBy(2));
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromBeginning(), recorder);
    active(subscription);
    recorder.awaitLast("m2");
    assertThat(recorder.payloads()).containsExactly("m1", "m2");
    assertThat(recorder.gaps()).isEmpty();
    await().atMost(Recorder.PATIENCE).until(() -> at(last).equals(subscription.position()));
    assertThat(subscription.stats().expired()).isEqualTo(1);
    assertThat(subscription.stats().delivered()).isEqualTo(2);
    assertThat(bus.stats().expired()).isEqualTo(1);
  }

  private void expiresInTheQueue(Channel<String> channel) throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(
            tenant,
            channel,
            SubscribeOptions.fromNow(),
            new LiveListener<>() {
              @Override
              public void onMessage(LiveMessage<String> message) {
                recorder.onMessage(message);
                blocked.countDown();
                try {
                  assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }

              @Override
              public void onGap(Gap gap) {
                recorder.onGap(gap);
              }
            });
    active(subscription);
    bus.publish(tenant, channel, expiring("m1", LONG));
    assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
    bus.publish(tenant, channel, expiring("gone", SHORT));
    bus.publish(tenant, channel, expiring("m2", LONG));
    pass(SHORT.multipliedBy(2));
    go.countDown();
    recorder.awaitLast("m2");
    assertThat(recorder.payloads()).isEqualTo(List.of("m1", "m2"));
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().expired() == 1);
  }

  @Test
  void whatExpiredInTheQueueIsNotDelivered() throws Exception {
    expiresInTheQueue(channel("board"));
  }

  @Test
  void whatExpiredInTheQueueOfAFleetingChannelIsNotDelivered() throws Exception {
    expiresInTheQueue(channel("board").fleeting());
  }

  @Test
  void anExpiredLastMessageCountsAsSeen() throws Exception {
    bus.publish(tenant, channel("board"), message("m1"));
    PublishReceipt gone = bus.publish(tenant, channel("board"), expiring("gone", SHORT));
    pass(SHORT.multipliedBy(2));
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromBeginning(), recorder);
    await()
        .atMost(Recorder.PATIENCE)
        .untilAsserted(() -> assertThat(subscription.position()).isEqualTo(at(gone)));
    assertThat(recorder.payloads()).containsExactly("m1");
  }
}
