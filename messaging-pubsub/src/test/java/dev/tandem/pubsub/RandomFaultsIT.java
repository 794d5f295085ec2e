package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Many subscribers, fast and slow, early and late, on a connection that suffers one fault after
 * another, while others publish. A checker holds each of them to the promise: every version once
 * and in order, or a gap; the right payload for each; and in the end all of them at the head.
 */
@RedisTest(dedicated = true)
class RandomFaultsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  /** Holds one subscription to the promise. */
  private static final class Checker implements LiveListener<String> {
    private final boolean slow;
    private final List<String> breaches = new CopyOnWriteArrayList<>();
    private final List<Gap> gaps = new CopyOnWriteArrayList<>();
    private final Map<Position, String> got = new ConcurrentHashMap<>();
    private @Nullable Position last;

    Checker(boolean slow, @Nullable Position start) {
      this.slow = slow;
      this.last = start;
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      Position at = message.position();
      Position before = last;
      if (at == null) {
        breaches.add("no position: " + message);
        return;
      }
      if (before != null
          && !(at.epoch().equals(before.epoch()) && at.version() == before.version() + 1)) {
        breaches.add(at + " after " + before);
      }
      if (got.put(at, message.payload()) != null) {
        breaches.add("twice: " + at);
      }
      last = at;
      if (slow && at.version() % 7 == 0) {
        LockSupport.parkNanos(2_000_000);
      }
    }

    @Override
    public void onGap(Gap gap) {
      Position before = last;
      if (before != null && !before.equals(gap.from())) {
        breaches.add("gap from " + gap.from() + " while at " + before);
      }
      gaps.add(gap);
      last = gap.resumesAt();
    }
  }

  private record Followed(Subscription subscription, Checker checker) {}

  @RepeatedTest(4)
  void keepsThePromise(RedisServer server, FaultProxy proxy, @UniqueTenant String name)
      throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    try {
      run(new Random(seed), server, proxy, name, false);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @RepeatedTest(4)
  void keepsThePromiseWhenTheLogIsLostAndTrimmed(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    try {
      run(new Random(seed), server, proxy, name, true);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void run(
      Random random, RedisServer server, FaultProxy proxy, String name, boolean losesData)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> board =
        losesData
            ? channel("board").recoverable(Duration.ofMinutes(5), 300)
            : channel("board").recoverable(Duration.ofMinutes(5), 1_000_000);
    List<LiveBus> publishers = List.of(buses.bus(server.url()), buses.bus(server.url()));
    LiveBus subscriber = buses.bus(proxy.url());
    Map<Position, String> published = new ConcurrentHashMap<>();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    List<Followed> all = new ArrayList<>();
    all.add(follow(subscriber, tenant, board, SubscribeOptions.fromNow(), false));
    active(all.get(0).subscription());

    int number = 0;
    for (int step = 0; step < 120; step++) {
      LiveBus publisher = publishers.get(random.nextInt(2));
      for (int i = random.nextInt(60); i > 0; i--) {
        String payload = "m" + number++;
        sent.add(
            publisher
                .publishAsync(tenant, board, message(payload))
                .thenAccept(receipt -> published.put(Buses.at(receipt), payload)));
      }
      switch (random.nextInt(12)) {
        case 0, 1 -> all.add(followSomehow(random, subscriber, tenant, board, published));
        case 2 -> {
          if (all.size() > 3) {
            all.remove(1 + random.nextInt(all.size() - 1)).subscription().close();
          }
        }
        case 3 -> proxy.reset();
        case 4 -> server.execute("CLIENT", "KILL", "TYPE", "pubsub");
        case 5 -> {
          proxy.blackHole();
          pause(random.nextInt(30));
          proxy.heal();
        }
        case 6 -> server.execute("SCRIPT", "FLUSH");
        case 7 -> replaySome(random, server, name);
        case 8 -> server.execute("PUBLISH", "tenant:" + name + ":channel:board", "garbage");
        case 9 -> {
          if (losesData && random.nextInt(3) == 0) {
            String key = "tenant:" + name + ":channel:board";
            server.execute("DEL", random.nextBoolean() ? key + ":buffer" : key + ":meta");
          }
        }
        default -> pause(random.nextInt(20));
      }
    }
    for (CompletableFuture<?> one : sent) {
      one.get();
    }
    proxy.heal();
    Position head = publishers.get(0).currentPosition(tenant, board);
    for (Followed one : all) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(one.checker().breaches).isEmpty();
                assertThat(one.subscription().position()).isEqualTo(head);
              });
      assertThat(published).containsAllEntriesOf(one.checker().got);
      if (!losesData) {
        assertThat(one.checker().gaps).isEmpty();
      }
      assertThat(one.checker().gaps)
          .extracting(Gap::reason)
          .doesNotContain(GapReason.ROLLED_BACK, GapReason.TOO_FAR);
      assertThat(one.subscription().stats().dropped()).isZero();
    }
    if (!losesData) {
      assertThat(all.get(0).checker().got).isEqualTo(published).isNotEmpty();
    }
  }

  private static Followed follow(
      LiveBus bus, Tenant tenant, Channel<String> board, SubscribeOptions options, boolean slow) {
    Checker checker = new Checker(slow, options.startPosition());
    return new Followed(
        bus.subscribe(tenant, board, options.maxReplay(1_000_000), checker), checker);
  }

  private static Followed followSomehow(
      Random random,
      LiveBus bus,
      Tenant tenant,
      Channel<String> board,
      Map<Position, String> published) {
    List<Position> known = new ArrayList<>(published.keySet());
    SubscribeOptions options =
        switch (random.nextInt(3)) {
          case 0 -> SubscribeOptions.fromNow();
          case 1 -> SubscribeOptions.fromBeginning();
          default ->
              known.isEmpty()
                  ? SubscribeOptions.fromNow()
                  : SubscribeOptions.from(known.get(random.nextInt(known.size())));
        };
    boolean slow = random.nextInt(3) == 0;
    return follow(bus, tenant, board, slow ? options.queueLimit(20) : options, slow);
  }

  /** Sends copies of stored frames again. */
  private static void replaySome(Random random, RedisServer server, String name) {
    String key = "tenant:" + name + ":channel:board";
    List<?> frames = (List<?>) server.execute("ZRANGE", key + ":buffer", "-20", "-1");
    if (frames == null || frames.isEmpty()) {
      return;
    }
    for (int i = 0; i < 3; i++) {
      server.execute("PUBLISH", key, String.valueOf(frames.get(random.nextInt(frames.size()))));
    }
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(millis * 1_000_000L);
  }
}
