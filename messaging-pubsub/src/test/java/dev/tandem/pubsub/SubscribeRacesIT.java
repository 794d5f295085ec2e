package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Subscribing and closing on the same few channels from many threads, 10,000 times; in every way;
 * and while the bus itself is closed.
 */
@RedisTest
class SubscribeRacesIT {
  private static final int THREADS = 4;
  private static final int ROUNDS = 2_500;
  private static final int ROUNDS_OF_KINDS = 600;
  private static final int CLOSED_BUSES = 60;
  private static final int MOST_USES = 300;
  private static final int CHANNELS = 3;

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  /** How a racer listens, and to what. */
  private enum Kind {
    NOW,
    POSITION,
    BEGINNING,
    SET,
    PATTERN,
    READER
  }

  /** Something that was opened, and how it hears what is published. */
  private record Opened(AutoCloseable what, CompletableFuture<Void> active, Hears hears) {}

  /** Waits until a payload has come on a channel, and judges all that came. */
  private interface Hears {
    void await(String channel, String payload);
  }

  private static Opened open(
      LiveBus bus, Tenant tenant, Kind kind, Channel<String> board, @Nullable Position known) {
    SubscribeOptions options =
        switch (kind) {
          case POSITION ->
              known == null ? SubscribeOptions.fromNow() : SubscribeOptions.from(known);
          case BEGINNING -> SubscribeOptions.fromBeginning();
          default -> SubscribeOptions.fromNow();
        };
    switch (kind) {
      case SET, PATTERN -> {
        ByChannel heard = new ByChannel();
        MultiSubscription many =
            kind == Kind.SET
                ? bus.subscribe(
                    tenant, ChannelSet.of(List.of(board, channel("other"))), options, heard)
                : bus.subscribe(tenant, ChannelPattern.of("board*", board), options, heard);
        return new Opened(
            many, many.active(), (name, payload) -> judge(heard.of(name).awaitLast(payload)));
      }
      case READER -> {
        LiveReader<String> reader = bus.open(tenant, board, options);
        return new Opened(reader, reader.active(), (name, payload) -> fetch(reader, payload));
      }
      default -> {
        Recorder recorder =
            options.startPosition() == null
                ? new Recorder()
                : new Recorder(options.startPosition());
        Subscription one = bus.subscribe(tenant, board, options, recorder);
        return new Opened(one, one.active(), (name, payload) -> judge(recorder.awaitLast(payload)));
      }
    }
  }

  private static void judge(Recorder recorder) {
    recorder.assertUnbroken();
    assertThat(recorder.gaps()).isEmpty();
  }

  private static void fetch(LiveReader<String> reader, String payload) {
    Recorder recorder = new Recorder();
    await()
        .pollInSameThread()
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              for (LiveEvent<String> event : reader.poll(100, Duration.ofSeconds(1))) {
                if (event instanceof LiveEvent.OfMessage<String> next) {
                  recorder.onMessage(next.message());
                } else if (event instanceof LiveEvent.OfGap<String> gap) {
                  recorder.onGap(gap.gap());
                }
              }
              return recorder.payloads().contains(payload);
            });
    judge(recorder);
  }

  @Test
  void subscriptionsOfEveryKindMissNothingAndLeaveNothingBehind(
      RedisServer server, @UniqueTenant String name) throws Exception {
    long seed = Long.getLong("tandem.seed", ThreadLocalRandom.current().nextLong());
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    inThreads(
        i -> {
          raceOfKinds(bus, tenant, i, new Random(seed + i));
          return null;
        });
    assertThat(bus.stats().subscriptions()).as("seed %d", seed).isZero();
    assertThat(bus.stats().channels()).as("seed %d", seed).isZero();
    for (int i = 0; i < CHANNELS; i++) {
      String board = "board" + i;
      await()
          .atMost(Recorder.PATIENCE)
          .until(() -> Long.valueOf(0).equals(Buses.subscribed(server, name, board)));
    }
  }

  private static void raceOfKinds(LiveBus bus, Tenant tenant, int racer, Random random)
      throws Exception {
    Map<String, Position> known = new HashMap<>();
    for (int round = 0; round < ROUNDS_OF_KINDS; round++) {
      Channel<String> board = channel("board" + random.nextInt(CHANNELS));
      Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
      Opened opened = open(bus, tenant, kind, board, known.get(board.name()));
      try {
        if (random.nextInt(8) == 0) {
          opened.active().get(60, TimeUnit.SECONDS);
          String payload = racer + "-" + round;
          known.put(board.name(), Buses.at(bus.publish(tenant, board, message(payload))));
          opened.hears().await(board.name(), payload);
        }
      } finally {
        opened.what().close();
      }
    }
  }

  /** Whatever is begun while the bus is closed ends: well, or because the bus is closed. */
  @Test
  void aBusClosedMeanwhileLeavesNothingUnfinished(RedisServer server, @UniqueTenant String name)
      throws Exception {
    long seed = Long.getLong("tandem.seed", ThreadLocalRandom.current().nextLong());
    Tenant tenant = Tenant.of(name);
    RedisConnection redis = buses.connection(server.url());
    for (int round = 0; round < CLOSED_BUSES; round++) {
      LiveBus bus = LiveBus.builder(redis).build();
      Queue<CompletableFuture<?>> begun = new ConcurrentLinkedQueue<>();
      long after = new Random(seed + round).nextInt(3_000_000);
      inThreads(
          i -> {
            if (i == 0) {
              LockSupport.parkNanos(after);
              bus.close();
            } else {
              useUntilClosed(bus, tenant, new Random(seed + i), begun);
            }
            return null;
          });
      for (CompletableFuture<?> one : begun) {
        Throwable error = one.handle((value, e) -> e).get(60, TimeUnit.SECONDS);
        Throwable why = error instanceof CompletionException ? error.getCause() : error;
        assertThat(why == null || why instanceof ClosedException)
            .as("seed %d, round %d: %s", seed, round, error)
            .isTrue();
      }
      assertThat(bus.stats().subscriptions()).as("seed %d, round %d", seed, round).isZero();
      await()
          .atMost(Recorder.PATIENCE)
          .until(
              () ->
                  Thread.getAllStackTraces().keySet().stream()
                      .noneMatch(thread -> thread.getName().contains(bus.instanceId())));
    }
    for (int i = 0; i < CHANNELS; i++) {
      String board = "board" + i;
      await()
          .atMost(Recorder.PATIENCE)
          .until(() -> Long.valueOf(0).equals(Buses.subscribed(server, name, board)));
    }
  }

  private static void useUntilClosed(
      LiveBus bus, Tenant tenant, Random random, Queue<CompletableFuture<?>> begun) {
    for (int i = 0; i < MOST_USES; i++) {
      Channel<String> board = channel("board" + random.nextInt(CHANNELS));
      try {
        if (random.nextInt(3) == 0) {
          begun.add(bus.publishAsync(tenant, board, message("m" + i)));
        } else {
          Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
          begun.add(open(bus, tenant, kind, board, null).active());
        }
      } catch (ClosedException e) {
        return;
      }
    }
  }

  /** Does something in some threads at once, and waits for all. */
  private static void inThreads(ThrowingIntFunction task) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int number = i;
        all.add(pool.submit(() -> task.apply(number)));
      }
      for (Future<?> one : all) {
        one.get(120, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** What one of some threads does. */
  private interface ThrowingIntFunction {
    @Nullable Object apply(int number) throws Exception;
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
