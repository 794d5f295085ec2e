package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to workers and connections, every transfer is made once and no money is lost.
 */
@RedisTest
class MoneyTransferIT {
  private static final int TRANSFERS = 1_500;
  private static final int ACCOUNTS = 8;
  private static final long OPENING = 1_000;
  private static final int ROUNDS = 20;
  private static final Duration LEASE = Duration.ofMillis(500);

  private final StreamTopic<String> ledger = StreamTopic.of("ledger", Serde.string());

  /** Further seeds: {@code -Dtandem.accounting.seed=…}. */
  private static long seedOr(long seed) {
    return Long.getLong("tandem.accounting.seed", seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theSumStaysAndEachTransferIsMadeOnce(
      long given, RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    long seed = seedOr(given);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    AtomicLong dice = new AtomicLong(seed);
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      String accounts = KeyLayout.of(fixture.redis).state(fixture.tenant, "accounts").text();
      for (int i = 0; i < ACCOUNTS; i++) {
        fixture.run("HSET", accounts, "a" + i, Long.toString(OPENING));
      }
      TransactionalHandler<String> handler =
          (message, tx) -> {
            int roll = (int) (mix(dice.incrementAndGet()) % 100);
            String[] order = message.payload().split(",", -1);
            TransactionState state = tx.state("accounts");
            Map<String, String> before = state.getAll(List.of(order[1], order[2]));
            long amount = Long.parseLong(order[3]);
            long has = Long.parseLong(before.get(order[1]));
            if (roll < 3) {
              TimeUnit.MILLISECONDS.sleep(20L * roll);
            } else if (roll < 10) {
              throw new IllegalStateException("at random");
            }
            boolean made = has >= amount && !order[1].equals(order[2]);
            if (made) {
              state.put(order[1], has - amount);
              state.increment(order[2], amount);
            }
            tx.state("totals").increment("orders", 1);
            tx.send(ledger, Message.of("entry", message.payload() + ',' + made));
          };
      List<StreamWorker> workers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        workers.add(newWorker(fixture, proxy, handler));
      }
      List<CompletableFuture<MessageId>> ordered = new ArrayList<>();
      for (int i = 0; i < TRANSFERS; i++) {
        String order =
            "t%d,a%d,a%d,%d"
                .formatted(
                    i, random.nextInt(ACCOUNTS), random.nextInt(ACCOUNTS), random.nextInt(300));
        ordered.add(
            fixture.producer.send(fixture.tenant, fixture.topic, Message.of("transfer", order)));
      }
      for (int round = 0; round < ROUNDS; round++) {
        int which = random.nextInt(workers.size());
        switch (random.nextInt(6)) {
          case 0 -> workers.get(which).closeNow();
          case 1 -> workers.get(which).close();
          case 2 -> proxy.reset();
          case 3 -> proxy.dropRepliesAndReset(1 + random.nextInt(3));
          case 4 -> proxy.executeButDropReply(line -> line.contains("append"));
          default -> {
            proxy.blackHole(); // all of them become zombies
            TimeUnit.MILLISECONDS.sleep(LEASE.toMillis() + 100);
            proxy.heal();
          }
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(60));
        if (workers.get(which).state().isFinal()) {
          workers.set(which, newWorker(fixture, proxy, handler));
        }
      }
      proxy.heal();
      ordered.forEach(CompletableFuture::join);

      StateStore states = StateStore.of(fixture.redis);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  states.get(fixture.tenant, "totals", "orders").map(Long::parseLong).orElse(0L)
                          >= TRANSFERS
                      && fixture.pending() == 0);
      Map<String, Long> balances = new HashMap<>();
      for (int i = 0; i < ACCOUNTS; i++) {
        balances.put("a" + i, OPENING);
      }
      List<String> made = new ArrayList<>();
      try (StreamConsumer reader =
          StreamConsumer.builder(fixture.redis).group("audit").maxHeld(10_000).build()) {
        for (HeldDelivery<String> entry : reader.poll(fixture.tenant, ledger, 10_000)) {
          String[] order = entry.message().payload().split(",", -1);
          made.add(order[0]);
          if (Boolean.parseBoolean(order[4])) {
            long amount = Long.parseLong(order[3]);
            balances.merge(order[1], -amount, Long::sum);
            balances.merge(order[2], amount, Long::sum);
          }
        }
      }
      assertThat(made).doesNotHaveDuplicates().hasSize(TRANSFERS);
      assertThat(states.get(fixture.tenant, "totals", "orders"))
          .contains(Integer.toString(TRANSFERS));
      Map<String, Long> kept = new HashMap<>();
      states
          .getAll(fixture.tenant, "accounts")
          .forEach((account, balance) -> kept.put(account, Long.parseLong(balance)));
      assertThat(kept).isEqualTo(balances);
      assertThat(kept.values().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(ACCOUNTS * OPENING);
      assertThat(fixture.dead()).isEmpty();
    }
  }

  private static StreamWorker newWorker(
      Fixture fixture, FaultProxy proxy, TransactionalHandler<String> handler) {
    StreamWorker worker =
        fixture
            .worker(fixture.connection(proxy.url()))
            .concurrency(4)
            .lease(LEASE)
            .drainTimeout(Duration.ofMillis(100))
            .retry(
                RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(50))
                    .maxDeliveries(1_000))
            .transactional(handler)
            .build();
    fixture.closeLater(worker);
    worker.start();
    return worker;
  }

  private static long mix(long value) {
    long mixed = value * 0x9E3779B97F4A7C15L;
    return (mixed ^ (mixed >>> 29)) >>> 8;
  }
}
