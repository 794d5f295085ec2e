package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where subscriptions begin, and what it costs when many begin at once. */
@RedisTest
class RecoveryIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void theLatestIsTheNewestMessageAndThenWhatFollows(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = buses.bus(server.url());
    publish(publisher, tenant, channel("board"), numbers("m", 1, 100));
    Recorder recorder = new Recorder();

    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), recorder));
    recorder.awaitCount(1);
    publish(publisher, tenant, channel("board"), numbers("m", 101, 120));
    recorder.assertExactly(numbers("m", 100, 120));

    Recorder second = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), second));
    publish(publisher, tenant, channel("board"), List.of("m121"));
    second.assertExactly(List.of("m120", "m121"));
  }

  @Test
  void theLatestOfAnEmptyChannelIsWhatComesFirst(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), recorder);
    active(subscription);
    assertThat(subscription.position()).isNotNull();
    publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    recorder.assertExactly(numbers("m", 1, 10));
  }

  @Test
  void theLatestCountsAsReplayed(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, channel("board"), message("m1"));
    Recorder recorder = new Recorder();
    active(
        bus.subscribe(tenant, channel("board"), SubscribeOptions.latest().maxReplay(0), recorder));
    assertThat(recorder.awaitGap().reason()).isEqualTo(GapReason.TOO_FAR);
    bus.publish(tenant, channel("board"), message("m2"));
    recorder.awaitLast("m2").assertUnbroken();
    assertThat(recorder.payloads()).containsExactly("m2");
    await().until(() -> bus.health().isUp());
  }
}
