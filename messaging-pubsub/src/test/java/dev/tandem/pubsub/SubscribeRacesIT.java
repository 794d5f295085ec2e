package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Subscribing and closing on the same few channels from many threads, 10,000 times. */
@RedisTest
class SubscribeRacesIT {
  private static final int THREADS = 4;
  private static final int ROUNDS = 2_500;
  private static final int CHANNELS = 3;

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void whatRedisAndTheBusBelieveAgreesInTheEnd(RedisServer server, @UniqueTenant String name)
      throws Exception {
    long seed = Long.getLong("tandem.seed", ThreadLocalRandom.current().nextLong());
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    List<Recorder> all = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<List<Recorder>>> racers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        racers.add(pool.submit(() -> race(bus, tenant, random)));
      }
      for (Future<List<Recorder>> racer : racers) {
        all.addAll(racer.get(120, TimeUnit.SECONDS));
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(all).as("seed %d", seed).allSatisfy(Recorder::assertUnbroken);
    assertThat(all).as("seed %d", seed).allMatch(recorder -> recorder.gaps().isEmpty());
    assertThat(bus.stats().subscriptions()).isZero();
    assertThat(bus.stats().channels()).isZero();
    for (int i = 0; i < CHANNELS; i++) {
      String board = "board" + i;
      await()
          .atMost(Recorder.PATIENCE)
          .until(() -> Long.valueOf(0).equals(Buses.subscribed(server, name, board)));
      Recorder recorder = new Recorder();
      active(bus.subscribe(tenant, channel(board), SubscribeOptions.fromNow(), recorder));
      bus.publish(tenant, channel(board), message("last"));
      recorder.awaitLast("last").assertExactly(List.of("last"));
      assertThat(Buses.subscribed(server, name, board)).isEqualTo(1L);
    }
  }

  /** Returns what was recorded by subscriptions that became active. */
  private static List<Recorder> race(LiveBus bus, Tenant tenant, Random random) throws Exception {
    List<Recorder> recorders = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Channel<String> board = channel("board" + random.nextInt(CHANNELS));
      Recorder recorder = new Recorder();
      try (Subscription subscription =
          bus.subscribe(tenant, board, SubscribeOptions.fromNow(), recorder)) {
        if (random.nextInt(8) == 0) {
          active(subscription);
          String payload = Thread.currentThread().getName() + "-" + round;
          bus.publish(tenant, board, message(payload));
          recorder.awaitLast(payload);
          recorders.add(recorder);
        }
      }
    }
    return recorders;
  }
}
