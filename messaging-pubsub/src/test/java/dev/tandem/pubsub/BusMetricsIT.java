package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Timer;
import dev.tandem.api.Gap;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is measured of the way to a listener. */
@RedisTest
class BusMetricsIT {
  private final Buses buses = new Buses();
  private final RedisConnection redis;
  private final Tenant tenant;
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger called = new AtomicInteger();

  BusMetricsIT(RedisServer server, @UniqueTenant String name) {
    this.redis = buses.connection(server.url());
    this.tenant = Tenant.of(name);
  }

  @AfterEach
  void close() {
    release.countDown();
    buses.close();
  }

  /** Returns when it is let. */
  private final class Held implements LiveListener<String> {
    @Override
    public void onMessage(LiveMessage<String> message) {
      called.incrementAndGet();
      try {
        assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void onGap(Gap gap) {}
  }

  private long queueDepth() {
    Gauge<?> depth = redis.metrics().getGauges().get("tandem.pubsub.queue-depth");
    return (Long) Objects.requireNonNull(depth, "gauge").getValue();
  }

  @Test
  void theTimeUntilTheListenerReturnedIsMeasuredOfWhatCameLive() throws Exception {
    Timer endToEnd = redis.metrics().timer("tandem.pubsub.end-to-end");
    try (LiveBus bus = LiveBus.builder(redis).build()) {
      publish(bus, tenant, channel("board"), numbers("m", 1, 10));
      Recorder recorder = new Recorder();
      active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromBeginning(), recorder));
      recorder.awaitLast("m10");
      active(bus.subscribe(tenant, channel("other"), SubscribeOptions.fromNow(), new Held()));
      assertThat(endToEnd.getCount()).as("only read from the buffer").isZero();

      bus.publish(tenant, channel("other"), message("m"));
      await().atMost(Recorder.PATIENCE).until(() -> called.get() == 1);
      Duration held = Duration.ofMillis(300);
      await().pollDelay(held).until(() -> true);
      release.countDown();
      await().atMost(Recorder.PATIENCE).until(() -> endToEnd.getCount() == 1);
      assertThat(Duration.ofNanos(endToEnd.getSnapshot().getMax()))
          .isBetween(held.dividedBy(2), Duration.ofMinutes(2));
    }
  }

  @Test
  void whatIsFetchedIsMeasuredToo() throws Exception {
    try (LiveBus bus = LiveBus.builder(redis).build();
        LiveReader<String> reader =
            bus.open(tenant, channel("board"), SubscribeOptions.fromNow())) {
      reader.active().get(60, TimeUnit.SECONDS);
      bus.publish(tenant, channel("board"), message("m"));
      assertThat(reader.poll(1, Duration.ofSeconds(20))).hasSize(1);
      assertThat(redis.metrics().timer("tandem.pubsub.end-to-end").getCount()).isEqualTo(1);
    }
  }

  @Test
  void whatWaitsIsCountedOnceForEachListenerAndOverAllBuses() throws Exception {
    try (LiveBus one = LiveBus.builder(redis).build()) {
      MultiSubscription set =
          one.subscribe(
              tenant,
              ChannelSet.of(channel("a"), channel("b")),
              SubscribeOptions.fromNow(),
              new Held());
      set.active().get(60, TimeUnit.SECONDS);
      try (LiveBus two = LiveBus.builder(redis).build()) {
        active(two.subscribe(tenant, channel("a"), SubscribeOptions.fromNow(), new Held()));
        assertThat(queueDepth()).isZero();
        publish(one, tenant, channel("a"), numbers("m", 1, 3));
        publish(one, tenant, channel("b"), numbers("m", 1, 4));
        await().atMost(Recorder.PATIENCE).until(() -> queueDepth() == 10);
      }
      assertThat(queueDepth()).isEqualTo(7);
      release.countDown();
      await().atMost(Recorder.PATIENCE).until(() -> queueDepth() == 0);
    }
  }
}
