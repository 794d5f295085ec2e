package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumers and a worker share a group: every message is handled, none is held twice at a time. */
@RedisTest
class MixedMembersIT {
  private static final int MESSAGES = 2_000;
  private static final int ROUNDS = 20;
  private static final Duration LEASE = Duration.ofSeconds(10);

  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final Set<String> unmarked = ConcurrentHashMap.newKeySet();
  private final Set<String> twice = ConcurrentHashMap.newKeySet();
  private final Map<String, Object> live = new ConcurrentHashMap<>();

  /** Further seeds: {@code -Dtandem.accounting.seed=…}. */
  private static long seedOr(long seed) {
    return Long.getLong("tandem.accounting.seed", seed);
  }

  private void begins(Delivery<?> delivery, Object holder) {
    if (live.putIfAbsent(delivery.id().value(), holder) != null) {
      twice.add(delivery.toString());
    }
  }

  private void ends(Delivery<?> delivery, boolean succeeded) {
    live.remove(delivery.id().value());
    if (succeeded && !handled.add(delivery.id().value()) && !delivery.isRedelivery()) {
      unmarked.add(delivery.id().value());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyMessageIsHandledAndNoneHeldTwice(
      long given, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    long seed = seedOr(given);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    AtomicBoolean over = new AtomicBoolean();
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      RetryPolicy retry =
          RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(50)).maxDeliveries(1_000);
      StreamWorker worker =
          fixture.start(
              fixture
                  .worker(fixture.connection(proxy.url()))
                  .concurrency(2)
                  .lease(LEASE)
                  .retry(retry)
                  .handler(
                      (message, delivery) -> {
                        begins(delivery, Thread.currentThread());
                        TimeUnit.MILLISECONDS.sleep(1);
                        boolean fails = message.payload().hashCode() % 7 == 0;
                        ends(delivery, !(fails && !delivery.isRedelivery()));
                        if (fails && !delivery.isRedelivery()) {
                          throw new IllegalStateException("the first time");
                        }
                      }));
      List<Thread> loops = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Random own = new Random(seed * 31 + i);
        RedisConnection connection = fixture.connection(proxy.url());
        Thread loop = new Thread(() -> loop(fixture, connection, retry, own, over));
        loop.start();
        loops.add(loop);
      }
      Set<String> sent = ConcurrentHashMap.newKeySet();
      List<CompletableFuture<Void>> results = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        results.add(
            fixture
                .producer
                .send(fixture.tenant, fixture.topic, Message.of("t", "m" + i))
                .thenAccept(id -> sent.add(id.value())));
      }
      for (int round = 0; round < ROUNDS; round++) {
        switch (random.nextInt(3)) {
          case 0 -> proxy.reset();
          case 1 -> proxy.dropRepliesAndReset(1 + random.nextInt(3));
          default -> fixture.run("SCRIPT", "FLUSH");
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
      }
      proxy.heal();
      results.forEach(CompletableFuture::join);
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> handled.size() >= MESSAGES && fixture.pending() == 0);
      over.set(true);
      for (Thread loop : loops) {
        loop.join();
      }
      worker.close();
      assertThat(handled).isEqualTo(sent);
      assertThat(twice).isEmpty();
      assertThat(unmarked).isEmpty();
      assertThat(fixture.dead()).isEmpty();
      assertThat(fixture.consumers()).allSatisfy(name -> assertThat(name).startsWith("tandem-"));
    }
  }

  private void loop(
      Fixture fixture,
      RedisConnection connection,
      RetryPolicy retry,
      Random random,
      AtomicBoolean over) {
    StreamConsumer consumer = consumer(connection, retry);
    while (!over.get()) {
      List<HeldDelivery<String>> polled;
      try {
        polled = consumer.poll(fixture.tenant, fixture.topic, 20, Duration.ofMillis(100));
      } catch (MessagingException e) {
        continue;
      }
      polled.forEach(delivery -> begins(delivery, random));
      for (HeldDelivery<String> delivery : polled) {
        settle(delivery, random.nextInt(100));
      }
      if (random.nextInt(40) == 0) {
        consumer.close();
        consumer = consumer(connection, retry);
      }
    }
    consumer.close();
  }

  private static StreamConsumer consumer(RedisConnection connection, RetryPolicy retry) {
    return StreamConsumer.builder(connection)
        .group(GROUP)
        .lease(LEASE)
        .retry(retry)
        .drainTimeout(Duration.ofSeconds(5))
        .build();
  }

  private void settle(HeldDelivery<String> delivery, int roll) {
    boolean succeeds = roll >= 20;
    ends(delivery, succeeds);
    while (!delivery.isSettled()) {
      try {
        Settlement settled =
            roll < 10
                ? delivery.retry()
                : roll < 20 ? delivery.retry(Duration.ofMillis(roll)) : delivery.ack();
        if (settled == Settlement.LEASE_LOST) {
          twice.add("lost: " + delivery);
        }
      } catch (MessagingException e) {
        // still held: settled by the next try
      }
    }
  }
}
