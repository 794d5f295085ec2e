package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Counts by channel, and beginning them anew. */
@RedisTest
class SubscriberStatsIT {
  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final RedisConnection redis;
  private final LiveBus bus;

  SubscriberStatsIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.redis = buses.connection(server.url());
    this.bus = LiveBus.builder(redis).build();
  }

  @AfterEach
  void close() {
    bus.close();
    buses.close();
  }

  private ChannelDeliveries of(String channel) {
    return requireNonNull(bus.subscriberStats().of(tenant.name(), channel));
  }

  @Test
  void countsEachChannelOverItsSubscriptions() throws Exception {
    Instant before = Instant.now().minusSeconds(5);
    Recorder one = new Recorder();
    Recorder two = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), one));
    Subscription second =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromBeginning(), two);
    active(second);
    active(
        bus.subscribe(
            tenant,
            channel("other"),
            SubscribeOptions.fromNow(),
            new LiveListener<String>() {
              @Override
              public void onMessage(LiveMessage<String> message) {
                throw new IllegalStateException("as planned");
              }

              @Override
              public void onGap(Gap gap) {}
            }));
    assertThat(of("board").lastDelivery()).isNull();
    publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    publish(bus, tenant, channel("other"), numbers("m", 1, 3));
    await().atMost(Recorder.PATIENCE).until(() -> of("board").delivered() == 20);
    await().atMost(Recorder.PATIENCE).until(() -> of("other").delivered() == 3);
    assertThat(of("other").listenerFailures()).isEqualTo(3);
    assertThat(of("board").listenerFailures()).isZero();
    assertThat(of("board").lastDelivery()).isBetween(before, Instant.now().plusSeconds(5));
    second.close();
    assertThat(of("board").delivered()).isEqualTo(20);
  }

  @Test
  void countsGapsByReason() throws Exception {
    Channel<String> small = channel("board").recoverable(Duration.ofMinutes(1), 1);
    var start = bus.currentPosition(tenant, small);
    for (int i = 0; i < 5; i++) {
      bus.publish(tenant, small, message("m" + i));
    }
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, small, SubscribeOptions.from(start), recorder));
    recorder.awaitGap();
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> of("board").gaps().equals(Map.of(GapReason.TRIMMED, 1L)));
  }

  @Test
  void aResetBeginsCountsAnewAndLeavesMetricsAndSubscriptions() throws Exception {
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder);
    active(subscription);
    publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    await().atMost(Recorder.PATIENCE).until(() -> of("board").delivered() == 10);
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> bus.stats().delivered() == 10 && subscription.stats().delivered() == 10);
    bus.resetStats();
    assertThat(of("board").delivered()).isZero();
    assertThat(of("board").lastDelivery()).isNull();
    assertThat(bus.stats().delivered()).isZero();
    assertThat(bus.stats().published()).isZero();
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
    assertThat(bus.stats().channels()).isEqualTo(1);
    assertThat(subscription.stats().delivered()).isEqualTo(10);
    publish(bus, tenant, channel("board"), numbers("n", 1, 5));
    await().atMost(Recorder.PATIENCE).until(() -> of("board").delivered() == 5);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().delivered() == 5);
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> redis.metrics().counter("tandem.pubsub.delivered").getCount() == 15);
    recorder.assertExactly(concat(numbers("m", 1, 10), numbers("n", 1, 5)));
  }

  private static List<String> concat(List<String> one, List<String> two) {
    return java.util.stream.Stream.concat(one.stream(), two.stream()).toList();
  }
}
