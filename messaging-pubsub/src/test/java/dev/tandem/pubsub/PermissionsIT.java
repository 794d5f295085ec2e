package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A channel that the user may not read affects no other. */
@RedisTest(dedicated = true)
class PermissionsIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void aForbiddenChannelWaitsForItsPermissionWhileTheOthersGoOn(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    String prefix = "&tenant:" + name + ":channel:";
    String[] user = {"ACL", "SETUSER", "reader", "on", ">x", "~*", "+@all", "resetchannels"};
    server.execute(user);
    server.execute("ACL", "SETUSER", "reader", prefix + "ok*", "&tandem:probe:*");
    LiveBus publisher = buses.bus(server.url());
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).credentials("reader", "x").build();
        LiveBus bus =
            LiveBus.builder(redis)
                .probeAfter(Duration.ofSeconds(10))
                .tailCheckInterval(Buses.TAIL)
                .build()) {
      List<Recorder> allowed = new ArrayList<>();
      List<Subscription> subscriptions = new ArrayList<>();
      Recorder recorder = new Recorder();
      Subscription forbidden =
          bus.subscribe(tenant, channel("secret"), SubscribeOptions.fromNow(), recorder);
      for (int i = 0; i < 100; i++) {
        allowed.add(new Recorder());
        subscriptions.add(
            bus.subscribe(tenant, channel("ok" + i), SubscribeOptions.fromNow(), allowed.get(i)));
      }

      for (Subscription subscription : subscriptions) {
        active(subscription);
      }
      for (int i = 0; i < 100; i++) {
        publisher.publish(tenant, channel("ok" + i), message("m1"));
      }
      for (Recorder one : allowed) {
        one.assertExactly(List.of("m1"));
      }
      await().atMost(Recorder.PATIENCE).until(() -> !bus.health().isUp());
      assertThat(bus.health().detail()).contains("no permission to subscribe to 1 channels");
      assertThat(forbidden.active()).isNotDone();
      assertThat(bus.stats().reconnects()).isZero();

      server.execute("ACL", "SETUSER", "reader", prefix + "secret");
      active(forbidden);
      Buses.publish(publisher, tenant, channel("secret"), numbers("s", 1, 10));
      recorder.assertExactly(numbers("s", 1, 10));
      await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());
      assertThat(bus.stats().reconnects()).isZero();
    }
  }
}
