package dev.tandem.examples.quickstart;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Both ways of losing the connection and coming back. */
@RedisTest
class AudienceIT {
  private final Destination destination = Destination.unique(new Random());
  private final Channel<String> channel = destination.channel(1_000);
  private final Tally tally = new Tally();

  @Test
  void theBusComesBackByItself(RedisServer redis, @UniqueTenant String tenant) throws Exception {
    List<Tenant> tenants = List.of(Tenant.of(tenant), Tenant.of(tenant + "-2"));
    playAnOutage(
        redis,
        tenants,
        new ProxiedAudience(new RedisAddress(redis.url()), tenants, channel, tally));
  }

  @Test
  void aNewBusGoesOnFromTheTokens(RedisServer redis, @UniqueTenant String tenant) throws Exception {
    List<Tenant> tenants = List.of(Tenant.of(tenant), Tenant.of(tenant + "-2"));
    playAnOutage(redis, tenants, new ReturningAudience(redis.url(), tenants, channel, tally));
  }

  private void playAnOutage(RedisServer redis, List<Tenant> tenants, Audience opened)
      throws InterruptedException {
    try (RedisConnection connection = RedisConnection.connect(redis.url());
        HybridPublisher publisher = HybridPublisher.builder(connection).build();
        Audience audience = opened) {
      audience.join();
      publish(publisher, tenants, 5);
      await().atMost(60, SECONDS).until(() -> tally.delivered() == 10);
      assertThat(audience.recovered()).isZero();

      audience.disconnect();
      publish(publisher, tenants, 7);
      assertThat(tally.delivered()).isEqualTo(10);

      audience.reconnect();
      publish(publisher, tenants, 3);
      await().atMost(60, SECONDS).until(() -> tally.delivered() == 30);
      await().atMost(60, SECONDS).until(() -> audience.recovered() >= 14);
      assertThat(audience.recovered()).isLessThanOrEqualTo(20);
      assertThat(tally.gaps()).isZero();
      assertThat(tally.duplicates()).isZero();
      assertThat(tally.outOfOrder()).isZero();
      Cleanup.run(connection, destination, tenants);
      assertThat((List<?>) redis.execute("KEYS", "*" + destination.name() + "*")).isEmpty();
    }
  }

  private void publish(HybridPublisher publisher, List<Tenant> tenants, int count) {
    Route<String> route = Route.toStream(destination.topic()).andChannel(channel);
    for (int i = 0; i < count; i++) {
      for (Tenant tenant : tenants) {
        HybridReceipt receipt = publisher.publish(tenant, Message.of("event", "{}"), route);
        assertThat(receipt.position()).isNotNull();
      }
    }
  }
}
