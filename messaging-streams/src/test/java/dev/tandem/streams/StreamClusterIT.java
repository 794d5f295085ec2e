package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.SlotMove;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A producer, a worker and a consumer with the tenants of all nodes of a Cluster, of which one is
 * killed and comes back, and one gives up a slot.
 */
@Timeout(180)
class StreamClusterIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final String WORKERS = "billing";
  private static final String CONSUMERS = "audit";

  private final StreamTopic<String> topic = StreamTopic.of("orders", Serde.string());
  private final List<Tenant> tenants =
      IntStream.range(0, 12).mapToObj(i -> Tenant.of("t" + i)).toList();
  private final Map<String, Accounts> accounts =
      Map.of(WORKERS, new Accounts(), CONSUMERS, new Accounts());
  private final Set<String> sent = ConcurrentHashMap.newKeySet();
  private final List<CompletableFuture<Void>> results = new ArrayList<>();

  private final Set<HeldDelivery<String>> failing = ConcurrentHashMap.newKeySet();
  private final Map<Tenant, RedisServer> nodes = new ConcurrentHashMap<>();

  private RedisCluster cluster;
  private RedisConnection redis;
  private StreamProducer producer;

  @BeforeEach
  void start() {
    cluster = RedisCluster.builder().appendOnly(true).start();
    redis = RedisConnection.cluster(cluster.urls().toArray(String[]::new));
    producer = StreamProducer.builder(redis).idempotent().retryFor(PATIENCE).build();
  }

  @AfterEach
  void close() {
    producer.close(Duration.ofSeconds(1));
    redis.close();
    cluster.close();
  }

  @Test
  void everyMessageIsAccountedForWhileANodeDiesAndASlotMoves() throws Exception {
    long seed = Long.getLong("tandem.cluster.seed", new Random().nextLong());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    assertThat(tenants.stream().map(this::nodeOf).distinct()).hasSize(3);
    StreamConsumer consumer =
        StreamConsumer.builder(redis).group(CONSUMERS).lease(LEASE).retry(retry()).build();
    Thread loop = new Thread(() -> loop(consumer), "consumer-loop");
    try (StreamWorker worker = worker()) {
      worker.start();
      loop.start();
      send(tenants, 200);
      awaitHandled(tenants);

      RedisServer victim = cluster.nodes().get(random.nextInt(3));
      send(tenants, 200);
      victim.kill();
      send(tenants, 200);
      List<Tenant> elsewhere =
          tenants.stream().filter(tenant -> nodes.get(tenant) != victim).toList();
      awaitHandled(elsewhere);
      victim.restart();
      cluster.awaitWhole();
      awaitHandled(tenants);

      Tenant moving = tenants.get(random.nextInt(tenants.size()));
      RedisServer from = nodeOf(moving);
      RedisServer to =
          cluster.nodes().stream().filter(node -> node != from).findAny().orElseThrow();
      send(tenants, 200);
      SlotMove move = cluster.beginMove(cluster.slotOf(stream(moving).text()), to);
      send(tenants, 100);
      assertThat(move.moveKeys(2)).isEqualTo(2);
      send(tenants, 100);
      awaitHandled(tenants.stream().filter(tenant -> !tenant.equals(moving)).toList());
      move.finish();
      send(tenants, 100);

      for (CompletableFuture<Void> result : results) {
        result.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(sent).hasSize(results.size());
      awaitHandled(tenants);
      awaitNothingPending();

      accounts.values().forEach(Accounts::assertNoneTwice);
    } finally {
      consumer.close();
      loop.join(PATIENCE.toMillis());
    }
    tenants.forEach(this::nobodyIsLeftBehind);
  }

  private RedisServer nodeOf(Tenant tenant) {
    RedisServer node = cluster.nodeOf(stream(tenant).text());
    nodes.put(tenant, node);
    return node;
  }

  private RedisKey stream(Tenant tenant) {
    return KeyLayout.of(redis).stream(tenant, topic.name()).stream();
  }

  private static RetryPolicy retry() {
    return RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(5);
  }

  /** To these tenants in turn; all are accounted for in the end. */
  private void send(List<Tenant> to, int count) {
    for (int i = 0; i < count; i++) {
      Tenant tenant = to.get(i % to.size());
      results.add(
          producer
              .send(tenant, topic, Message.of("t", "m" + i))
              .thenAccept(id -> sent.add(name(tenant, id))));
    }
  }

  private Accounts account(String group) {
    return Objects.requireNonNull(accounts.get(group));
  }

  private static String name(Tenant tenant, MessageId id) {
    return tenant.name() + " " + id;
  }

  private StreamWorker worker() {
    return StreamWorker.builder(redis, topic)
        .tenants(tenants)
        .group(WORKERS)
        .concurrency(8)
        .lease(LEASE)
        .retry(retry())
        .handler((message, delivery) -> handle(delivery))
        .build();
  }

  /** Some fail the first time, some always. */
  private void handle(Delivery<String> delivery) {
    Accounts account = account(delivery.group());
    String name = name(delivery.tenant(), delivery.id());
    account.begins(name, delivery.deliveries());
    int number = Integer.parseInt(delivery.message().payload().substring(1));
    if (number % 40 == 7 || (number % 10 == 3 && delivery.deliveries() == 1)) {
      throw new IllegalStateException("is to fail");
    }
    account.handled(name);
  }

  /** A loop as every one should be: what could not be settled is settled later. */
  private void loop(StreamConsumer consumer) {
    List<HeldDelivery<String>> held = new ArrayList<>();
    while (true) {
      for (Tenant tenant : tenants) {
        try {
          List<HeldDelivery<String>> polled = consumer.poll(tenant, topic, 50);
          polled.forEach(this::judge);
          held.addAll(polled);
        } catch (ClosedException e) {
          return;
        } catch (MessagingException e) {
          // This tenant's node is away, perhaps: goes on with the next.
        }
      }
      held.forEach(this::settle);
      held.removeIf(HeldDelivery::isSettled);
    }
  }

  private void judge(HeldDelivery<String> delivery) {
    try {
      handle(delivery);
    } catch (IllegalStateException isToFail) {
      failing.add(delivery);
    }
  }

  private void settle(HeldDelivery<String> delivery) {
    try {
      if (failing.contains(delivery)) {
        delivery.retry();
      } else {
        delivery.ack();
      }
    } catch (MessagingException e) {
      // Still held: settled by the next round.
    }
  }

  private List<String> dead(Tenant tenant, String group) {
    return DeadLetters.of(redis).list(tenant, topic.name(), group, 10_000).stream()
        .map(letter -> name(tenant, letter.originalId()))
        .toList();
  }

  /** Until everything sent to these tenants so far is handled or dead-lettered, in both groups. */
  private void awaitHandled(List<Tenant> of) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(MessagingException.class)
        .untilAsserted(
            () -> {
              for (String group : accounts.keySet()) {
                of.forEach(tenant -> assertHandled(tenant, group));
              }
            });
  }

  private void assertHandled(Tenant tenant, String group) {
    Set<String> missing = new HashSet<>();
    sent.stream()
        .filter(name -> name.startsWith(tenant.name() + " "))
        .filter(name -> !account(group).isHandled(name))
        .forEach(missing::add);
    if (!missing.isEmpty()) {
      List<String> dead = dead(tenant, group);
      assertThat(dead).doesNotHaveDuplicates();
      dead.forEach(missing::remove);
    }
    assertThat(missing).as("missing in group " + group).isEmpty();
  }

  private void awaitNothingPending() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(MessagingException.class)
        .untilAsserted(
            () -> {
              for (String group : accounts.keySet()) {
                assertThat(tenants).allMatch(tenant -> pending(tenant, group) == 0);
              }
            });
  }

  private long pending(Tenant tenant, String group) {
    Command pending = Command.of("XPENDING").key(stream(tenant)).arg(group);
    return Replies.number(Replies.list(redis.commands().execute(pending)).get(0));
  }

  private void nobodyIsLeftBehind(Tenant tenant) {
    for (String group : accounts.keySet()) {
      Command list = Command.of("XINFO").arg("CONSUMERS").key(stream(tenant)).arg(group);
      assertThat(Replies.list(redis.commands().execute(list)))
          .extracting(info -> Replies.text(Replies.map(info).get("name")))
          .as("consumers of " + group)
          .allMatch(name -> name.startsWith("tandem-"));
    }
  }
}
