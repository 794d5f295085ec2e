package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many sweepers, leases that run out while their handlers run, and acknowledgements that come too
 * late, all at once: no message ever has two live leases, no delivery is handed to two handlers,
 * and nothing is lost.
 */
@RedisTest(dedicated = true)
class LeaseRaceIT {
  private static final Duration LEASE = Duration.ofMillis(150);
  private static final int EACH = 75;
  private static final int WORKERS = 4;
  private static final int ROUNDS = 12;

  private final Accounts accounts = new Accounts();
  private final LiveLeases live = new LiveLeases(LEASE);

  /** What slow handlers wait for: the end of the round in which they began, however long it is. */
  private volatile CountDownLatch round = new CountDownLatch(1);

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void noMessageHasTwoOwners(
      long given, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    long seed = Long.getLong("tandem.race.seed", given);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      fixture.createGroup();
      Future<?> watching = live.watch(fixture);
      List<MessageId> sent = new ArrayList<>();
      List<StreamWorker> workers = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        // Half of them behind the proxy: cut off again and again, they become zombies.
        workers.add(start(fixture, i % 2 == 0 ? proxy.url() : server.url(), seed));
      }
      for (int i = 0; i < ROUNDS; i++) {
        sent.addAll(fixture.send(EACH));
        if (random.nextBoolean()) {
          proxy.blackHole();
        } else {
          proxy.halfOpen();
        }
        awaitProgress(workers, random);
        proxy.heal();
        if (random.nextBoolean()) {
          awaitProgress(workers, random);
        }
        endRound();
      }
      round.countDown();

      accounts.awaitAll(fixture, sent);
      live.end(watching);
      assertThat(workers.stream().mapToLong(worker -> worker.stats().takenOver()).sum())
          .as("deliveries taken over, seed %d", seed)
          .isPositive();
      assertThat(live.zombies()).as("deliveries held by two members").isPositive();
      assertThat(fixture.dead()).isEmpty();
    }
  }

  /** Until some more are handled or taken over, as the dice want; or until nothing moves. */
  private void awaitProgress(List<StreamWorker> workers, Random random) {
    boolean takeovers = random.nextInt(3) > 0;
    long wanted = progress(workers, takeovers) + 1 + random.nextInt(takeovers ? 8 : EACH / 2);
    try {
      await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(LEASE.multipliedBy(3))
          .until(() -> progress(workers, takeovers) >= wanted);
    } catch (ConditionTimeoutException nothingMoves) {
      // All who are not cut off are idle, or wait for the end of the round.
    }
  }

  private long progress(List<StreamWorker> workers, boolean takeovers) {
    return takeovers
        ? workers.stream().mapToLong(worker -> worker.stats().takenOver()).sum()
        : accounts.handled();
  }

  private void endRound() {
    CountDownLatch ended = round;
    round = new CountDownLatch(1);
    ended.countDown();
  }

  @Test
  void aServerPausedForSeveralLeasesLosesNothing(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      for (int i = 0; i < 2; i++) {
        start(fixture, server.url(), 13);
      }
      List<MessageId> sent = new ArrayList<>(fixture.send(200));
      for (int i = 0; i < 3; i++) {
        server.pause();
        await().pollDelay(LEASE.multipliedBy(3)).until(() -> true);
        server.resume();
        sent.addAll(fixture.send(50));
        endRound();
      }
      round.countDown();
      accounts.awaitAll(fixture, sent);
      assertThat(fixture.dead()).isEmpty();
    }
  }

  private StreamWorker start(Fixture fixture, String url, long seed) throws InterruptedException {
    AtomicReference<StreamWorker> self = new AtomicReference<>();
    StreamWorker worker =
        fixture
            .worker(fixture.connection(url))
            .concurrency(6)
            .lease(LEASE)
            .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(1_000))
            .handler(
                (message, delivery) ->
                    live.during(
                        delivery,
                        () -> Objects.requireNonNull(self.get()).consumer(),
                        () -> {
                          accounts.begins(delivery);
                          // Some outlast the lease, which then depends on being renewed.
                          if (isSlow(delivery, seed)) {
                            round.await();
                          }
                          accounts.handled(delivery);
                        }))
            .build();
    self.set(worker);
    fixture.closeLater(worker);
    worker.start();
    return worker;
  }

  /** One in eight, by the seed: but not for ever, or slow ones would be all that is left. */
  private static boolean isSlow(Delivery<String> delivery, long seed) {
    int number = Integer.parseInt(delivery.message().payload().substring(1));
    return new SplittableRandom(seed * 1_000 + number * 10L + delivery.deliveries()).nextInt(8)
        == 0;
  }
}
