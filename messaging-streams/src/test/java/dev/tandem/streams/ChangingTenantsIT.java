package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.IncompleteTenantsException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tenants are added, removed and discovered while a worker runs. */
@RedisTest
class ChangingTenantsIT {
  private static final Duration OFTEN = Duration.ofMillis(50);

  private final Fixture fixture;
  private final Tenant other;
  private final CountDownLatch release = new CountDownLatch(1);

  ChangingTenantsIT(RedisServer server, @UniqueTenant String tenant, @UniqueTenant String other) {
    this.fixture = new Fixture(server.url(), tenant);
    this.other = Tenant.of(other);
  }

  @AfterEach
  void close() {
    release.countDown();
    fixture.close();
  }

  private void send(Tenant tenant, String payload) {
    fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("t", payload));
  }

  private static String stream(Tenant tenant) {
    return "tenant:" + tenant + ":stream:orders";
  }

  private List<String> keysOf(Tenant tenant) {
    return Replies.list(fixture.run("KEYS", "tenant:" + tenant + ":*")).stream()
        .map(Replies::text)
        .toList();
  }

  private List<String> consumers(Tenant tenant) {
    return Replies.list(fixture.run("XINFO", "CONSUMERS", stream(tenant), GROUP)).stream()
        .map(info -> Replies.text(Replies.map(info).get("name")))
        .toList();
  }

  @Test
  void anAddedTenantIsServedUntilItIsRemovedAndAgainWhenAddedAgain() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start((message, delivery) -> seen.add(message.payload()), options -> options);
    send(other, "before");
    worker.add(other);
    await().atMost(SOON).until(() -> seen.contains("before"));
    assertThat(worker.tenants()).containsExactly(fixture.tenant, other);

    worker.remove(other).get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(worker.tenants()).containsExactly(fixture.tenant);
    assertThat(consumers(other)).doesNotContain(worker.consumer());
    send(other, "meanwhile");
    fixture.send("mine");
    await().atMost(SOON).until(() -> seen.contains("mine"));
    assertThat(seen).doesNotContain("meanwhile");

    worker.add(other);
    await().atMost(SOON).until(() -> seen.contains("meanwhile"));
    assertThat(seen).containsExactly("before", "mine", "meanwhile");
    worker.close();
    assertThatThrownBy(() -> worker.add(other)).isInstanceOf(ClosedException.class);
    assertThat(worker.remove(other)).isCompleted();
  }

  @Test
  void allThatAreAddedOneRightBehindTheOtherAreServed() throws Exception {
    for (int round = 0; round < 10; round++) {
      Set<String> seen = ConcurrentHashMap.newKeySet();
      List<Tenant> two = List.of(Tenant.of(other + "-a" + round), Tenant.of(other + "-b" + round));
      two.forEach(tenant -> send(tenant, tenant.name()));
      fixture.start(
          StreamWorker.builder(fixture.redis, fixture.topic)
              .group(GROUP)
              .discoverTenants(() -> two)
              .handler((message, delivery) -> seen.add(message.payload())));
      await().atMost(SOON).until(() -> seen.size() == 2);
    }
  }

  @Test
  void aListThatMayBeIncompleteLetsNobodyGoAndServesWhoIsNew() throws Exception {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Tenant late = Tenant.of(other + "-late");
    AtomicBoolean incomplete = new AtomicBoolean();
    AtomicInteger looks = new AtomicInteger();
    send(other, "a");
    StreamWorker worker =
        fixture.start(
            StreamWorker.builder(fixture.redis, fixture.topic)
                .group(GROUP)
                .discoverTenants(
                    () -> {
                      looks.incrementAndGet();
                      if (incomplete.get()) {
                        throw new IncompleteTenantsException(Set.of(late));
                      }
                      return Set.of(other);
                    },
                    OFTEN)
                .handler((message, delivery) -> seen.add(message.payload())));
    await().atMost(SOON).until(() -> seen.contains("a"));

    send(late, "b");
    incomplete.set(true);
    await().atMost(SOON).until(() -> seen.contains("b"));
    int now = looks.get();
    await().atMost(SOON).until(() -> looks.get() > now + 2);
    assertThat(worker.tenants()).containsExactlyInAnyOrder(other, late);
    assertThat(worker.health().detail()).contains("tenants cannot be listed");
    send(other, "c");
    await().atMost(SOON).until(() -> seen.contains("c"));

    incomplete.set(false);
    await().atMost(SOON).until(() -> worker.tenants().equals(Set.of(other)));
    await().atMost(SOON).until(() -> worker.health().isUp());
  }

  @Test
  void whatDidNotStartOfARemovedTenantGoesBackUncountedAndWhatRunsIsFinished() throws Exception {
    CountDownLatch runs = new CountDownLatch(1);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (delivery.tenant().equals(other)) {
                runs.countDown();
                release.await();
              }
              seen.add(message.payload());
            },
            options ->
                options.tenant(other).concurrency(2).drainTimeout(SOON).inFlightPerTenant(3));
    List.of("a", "b", "c", "d", "e").forEach(payload -> send(other, payload));
    runs.await();
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 3);
    CompletableFuture<Void> removed = worker.remove(other);
    Map<String, Long> elsewhere = new ConcurrentHashMap<>();
    fixture.start(
        StreamWorker.builder(fixture.redis, fixture.topic)
            .tenant(other)
            .group(GROUP)
            .handler(
                (message, delivery) -> elsewhere.put(message.payload(), delivery.deliveries())));
    await().atMost(SOON).until(() -> elsewhere.size() == 3);
    assertThat(elsewhere.values()).containsOnly(1L);
    assertThat(removed).isNotDone();
    fixture.send("mine");

    release.countDown();
    removed.get(SOON.toSeconds(), TimeUnit.SECONDS);
    await().atMost(SOON).until(() -> seen.contains("mine"));
    assertThat(seen).hasSize(3).containsAll(List.of("mine"));
    assertThat(elsewhere.keySet()).doesNotContainAnyElementsOf(seen);
    assertThat(consumers(other)).doesNotContain(worker.consumer());
  }

  @Test
  void whileTenantsComeAndGoNothingIsLostAndWhatComesTwiceIsMarked(@UniqueTenant String prefix)
      throws Exception {
    long seed = Long.getLong("tandem.tenants.seed", new Random().nextLong());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Tenant> tenants =
        IntStream.range(0, 6).mapToObj(i -> Tenant.of(prefix + "-" + i)).toList();
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Queue<String> twice = new ConcurrentLinkedQueue<>();
    List<StreamWorker> workers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      workers.add(
          fixture.start(
              (message, delivery) -> {
                if (!seen.add(message.payload()) && !delivery.isRedelivery()) {
                  twice.add(message.payload());
                }
              },
              options -> options.concurrency(2).lease(Duration.ofSeconds(2))));
    }
    AtomicBoolean enough = new AtomicBoolean();
    Thread changes =
        new Thread(
            () -> {
              while (!enough.get()) {
                StreamWorker worker = workers.get(random.nextInt(2));
                Tenant tenant = tenants.get(random.nextInt(tenants.size()));
                if (random.nextBoolean()) {
                  worker.add(tenant);
                } else if (random.nextBoolean()) {
                  CompletableFuture<Void> unused = worker.remove(tenant);
                } else {
                  worker.remove(tenant).join();
                }
              }
            },
            "changes");
    changes.start();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < 6_000; i++) {
      Message<String> message = Message.of("t", "m" + i);
      sent.add(fixture.producer.send(tenants.get(i % tenants.size()), fixture.topic, message));
      if (i % 100 == 0) {
        sent.get(i).get(SOON.toSeconds(), TimeUnit.SECONDS);
      }
    }
    for (CompletableFuture<?> one : sent) {
      one.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    enough.set(true);
    changes.join();
    tenants.forEach(workers.get(0)::add);

    await().atMost(SOON).until(() -> seen.size() == 6_000);
    assertThat(twice).isEmpty();
    for (Tenant tenant : tenants) {
      await()
          .atMost(SOON)
          .until(
              () -> Replies.list(fixture.run("XPENDING", stream(tenant), GROUP)).get(0).equals(0L));
    }
  }

  @Test
  void tenantsWithAStreamAreDiscoveredAndThoseWithoutAreLetGoAndNotMade(@UniqueTenant String prefix)
      throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    Tenant first = Tenant.of(prefix + "-1");
    Tenant second = Tenant.of(prefix + "-2");
    send(first, "one");
    TenantSource scan = TenantSource.scan(fixture.redis, fixture.topic);
    StreamWorker worker =
        fixture.start(
            StreamWorker.builder(fixture.redis, fixture.topic)
                .group(GROUP)
                .discoverTenants(() -> only(prefix, scan), OFTEN)
                .handler((message, delivery) -> seen.add(message.payload())));
    await().atMost(SOON).until(() -> seen.contains("one"));
    assertThat(keysOf(second)).isEmpty();
    send(second, "two");
    await().atMost(SOON).until(() -> seen.contains("two"));
    assertThat(worker.tenants()).containsExactlyInAnyOrder(first, second);

    keysOf(first).forEach(key -> fixture.run("DEL", key));
    await().atMost(SOON).until(() -> worker.tenants().equals(Set.of(second)));
    send(second, "three");
    await().atMost(SOON).until(() -> seen.contains("three"));
    assertThat(keysOf(first)).isEmpty();

    send(first, "reborn");
    await().atMost(SOON).until(() -> seen.contains("reborn"));
    assertThat(seen).containsExactlyInAnyOrder("one", "two", "three", "reborn");
  }

  private static Set<Tenant> only(String prefix, TenantSource source) throws Exception {
    Set<Tenant> some = ConcurrentHashMap.newKeySet();
    some.addAll(source.tenants());
    some.removeIf(tenant -> !tenant.name().startsWith(prefix + "-"));
    return some;
  }

  @Test
  void aSourceThatFailsLetsNobodyGo() throws Exception {
    AtomicBoolean fails = new AtomicBoolean();
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    send(other, "one");
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .discoverTenants(
                    () -> {
                      if (fails.get()) {
                        throw new IllegalStateException("no list today");
                      }
                      return List.of(other);
                    },
                    OFTEN)
                .handler((message, delivery) -> seen.add(message.payload())));
    await().atMost(SOON).until(() -> seen.contains("one"));
    fails.set(true);
    await().atMost(SOON).until(() -> worker.health().detail().contains("no list today"));
    assertThat(worker.health().status()).isEqualTo(Health.Status.DEGRADED);
    send(other, "two");
    await().atMost(SOON).until(() -> seen.contains("two"));

    fails.set(false);
    await().atMost(SOON).until(() -> worker.health().status() == Health.Status.UP);
  }
}
