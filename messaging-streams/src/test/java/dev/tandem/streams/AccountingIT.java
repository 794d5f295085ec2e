package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to workers and connections, every message ends handled or dead-lettered. */
@RedisTest
class AccountingIT {
  private static final int MESSAGES = 4_000;
  private static final int ROUNDS = 25;

  /** Further seeds: {@code -Dtandem.accounting.seed=…}. */
  private static long seedOr(long seed) {
    return Long.getLong("tandem.accounting.seed", seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyMessageIsAccountedFor(
      long given, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    long seed = seedOr(given);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<String> unmarked = ConcurrentHashMap.newKeySet();
    AtomicLong dice = new AtomicLong(seed);
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      StreamHandler<String> handler =
          (message, delivery) -> {
            int roll = Math.floorMod(mix(dice.incrementAndGet()), 100);
            TimeUnit.MILLISECONDS.sleep(roll % 5);
            if (roll < 15) {
              throw new IllegalStateException("at random");
            }
            if (!handled.add(delivery.id().value()) && !delivery.isRedelivery()) {
              unmarked.add(delivery.id().value());
            }
          };
      List<StreamWorker> workers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        workers.add(newWorker(fixture, proxy, random, handler));
      }
      List<CompletableFuture<MessageId>> results = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        results.add(fixture.producer.send(fixture.tenant, fixture.topic, Message.of("t", "m" + i)));
      }
      for (int round = 0; round < ROUNDS; round++) {
        int which = random.nextInt(workers.size());
        switch (random.nextInt(5)) {
          case 0 -> workers.get(which).closeNow();
          case 1 -> workers.get(which).close();
          case 2 -> proxy.reset();
          case 3 -> proxy.dropRepliesAndReset(1 + random.nextInt(3));
          default -> fixture.run("SCRIPT", "FLUSH");
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(60));
        if (workers.get(which).state().isFinal()) {
          workers.set(which, newWorker(fixture, proxy, random, handler));
        }
      }
      proxy.heal();

      Set<String> sent = new HashSet<>();
      results.forEach(result -> sent.add(result.join().value()));
      assertThat(sent).hasSize(MESSAGES);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> {
                Set<String> accounted = new HashSet<>(handled);
                fixture.dead().forEach(letter -> accounted.add(letter.originalId().value()));
                Set<String> missing = new HashSet<>(sent);
                missing.removeAll(accounted);
                assertThat(missing).isEmpty();
              });
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(fixture.pending()).isZero());
      List<String> dead =
          fixture.dead().stream().map(letter -> letter.originalId().value()).toList();
      assertThat(dead).doesNotHaveDuplicates();
      assertThat(unmarked).isEmpty();
    }
  }

  private static StreamWorker newWorker(
      Fixture fixture, FaultProxy proxy, Random random, StreamHandler<String> handler) {
    StreamWorker worker =
        fixture
            .worker(fixture.connection(proxy.url()))
            .concurrency(4)
            .lease(Duration.ofMillis(500))
            .drainTimeout(Duration.ofMillis(1 + random.nextInt(200)))
            .retry(
                RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(50))
                    .maxDeliveries(4))
            .handler(handler)
            .build();
    fixture.closeLater(worker);
    worker.start();
    return worker;
  }

  private static int mix(long value) {
    long mixed = value * 0x9E3779B97F4A7C15L;
    return (int) ((mixed ^ (mixed >>> 29)) >>> 8);
  }
}
