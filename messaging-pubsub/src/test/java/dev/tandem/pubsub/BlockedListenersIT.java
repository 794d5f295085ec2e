package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listeners that do not return keep nobody else from getting messages. */
@RedisTest
class BlockedListenersIT {
  private static final int MOST_THREADS = 64;

  private final Buses buses = new Buses();
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger blocked = new AtomicInteger();
  private final Tenant tenant;
  private final RedisConnection redis;
  private final LiveBus bus;

  BlockedListenersIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.redis = buses.connection(server.url());
    this.bus = LiveBus.builder(redis).build();
  }

  @AfterEach
  void close() {
    release.countDown();
    bus.close();
    buses.close();
  }

  private void block(int listeners) throws Exception {
    for (int i = 0; i < listeners; i++) {
      active(
          bus.subscribe(
              tenant,
              channel("stuck"),
              SubscribeOptions.fromNow(),
              new LiveListener<String>() {
                @Override
                public void onMessage(LiveMessage<String> message) {
                  blocked.incrementAndGet();
                  try {
                    release.await(60, TimeUnit.SECONDS);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }

                @Override
                public void onGap(Gap gap) {}
              }));
    }
    bus.publish(tenant, channel("stuck"), message("block"));
  }

  private long count(String metric) {
    return redis.metrics().counter("tandem.pubsub." + metric).getCount();
  }

  @Test
  void othersGetTheirMessagesWhileSomeBlock() throws Exception {
    Recorder other = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), other));
    block(10);
    publish(bus, tenant, channel("board"), numbers("m", 1, 500));
    other.assertExactly(numbers("m", 1, 500));
    await().atMost(Recorder.PATIENCE).until(() -> blocked.get() == 10);
    await().atMost(Recorder.PATIENCE).until(() -> count("delivery-threads-blocked") == 10);
    assertThat(bus.health().isUp()).isTrue();
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> count("delivery-threads-blocked") == 0);
    publish(bus, tenant, channel("board"), numbers("n", 1, 500));
    other.awaitLast("n500").assertUnbroken();
  }

  @Test
  void moreThanThePoolTakesAreTold() throws Exception {
    Recorder other = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), other));
    block(MOST_THREADS + 5);
    await().atMost(Recorder.PATIENCE).until(() -> blocked.get() == MOST_THREADS);
    bus.publish(tenant, channel("board"), message("m1"));
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().status() == Health.Status.DEGRADED);
    assertThat(bus.health().detail()).contains("delivery threads");
    await().atMost(Recorder.PATIENCE).until(() -> count("delivery-saturations") == 1);
    assertThat(count("delivery-threads")).isEqualTo(MOST_THREADS);
    assertThat(other.payloads()).isEmpty();
    release.countDown();
    other.awaitLast("m1").assertUnbroken();
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());
    await().atMost(Recorder.PATIENCE).until(() -> blocked.get() == MOST_THREADS + 5);
  }
}
