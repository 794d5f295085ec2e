package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many sweepers, leases that run out while their handlers run, and acknowledgements that come too
 * late, all at once: no delivery is ever handed to two handlers, and nothing is lost.
 */
@RedisTest(dedicated = true)
class LeaseRaceIT {
  private static final Duration LEASE = Duration.ofMillis(150);
  private static final int MESSAGES = 1_500;
  private static final int WORKERS = 4;
  private static final int ROUNDS = 20;

  private final Accounts accounts = new Accounts();

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void noDeliveryHasTwoOwners(
      long given, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    long seed = Long.getLong("tandem.race.seed", given);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      List<MessageId> sent = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        // Half of them behind the proxy: cut off again and again, they become zombies.
        fixture.start(worker(fixture, i % 2 == 0 ? proxy.url() : server.url()));
      }
      for (int round = 0; round < ROUNDS; round++) {
        sent.addAll(fixture.send(MESSAGES / ROUNDS));
        if (random.nextBoolean()) {
          proxy.blackHole();
        } else {
          proxy.halfOpen();
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(2 * (int) LEASE.toMillis()));
        proxy.heal();
        TimeUnit.MILLISECONDS.sleep(random.nextInt((int) LEASE.toMillis()));
      }

      accounts.awaitAll(fixture, sent);
    }
  }

  @Test
  void aServerPausedForSeveralLeasesLosesNothing(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      for (int i = 0; i < 2; i++) {
        fixture.start(worker(fixture, server.url()));
      }
      List<MessageId> sent = new ArrayList<>(fixture.send(200));
      for (int i = 0; i < 3; i++) {
        server.pause();
        TimeUnit.MILLISECONDS.sleep(3 * LEASE.toMillis());
        server.resume();
        sent.addAll(fixture.send(50));
      }
      accounts.awaitAll(fixture, sent);
      assertThat(fixture.dead()).isEmpty();
    }
  }

  private StreamWorkerBuilder<String> worker(Fixture fixture, String url) {
    return fixture
        .worker(fixture.connection(url))
        .concurrency(6)
        .lease(LEASE)
        .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(1_000))
        .handler(
            (message, delivery) -> {
              accounts.begins(delivery);
              // Some outlast the lease, which then depends on being renewed.
              int longest = delivery.id().value().hashCode() % 8 == 0 ? 300 : 4;
              TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(longest));
              accounts.handled(delivery);
            });
  }
}
