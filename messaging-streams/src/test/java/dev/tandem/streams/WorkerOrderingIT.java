package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages handled in order: by key, and strictly. */
@RedisTest
class WorkerOrderingIT {
  private static final Duration SHORT_LEASE = Duration.ofMillis(800);

  private final Fixture fixture;

  WorkerOrderingIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private MessageId send(String key, String payload) {
    return send(fixture.tenant, key, payload);
  }

  private MessageId send(Tenant tenant, String key, String payload) {
    return fixture.producer.sendAndWait(
        tenant, fixture.topic, Message.of("test", payload).key(key));
  }

  /** Sends without waiting for each; what each key got, in order. */
  private Map<String, List<String>> sendMany(int count, int keys, Random random) {
    Map<String, List<String>> sent = new ConcurrentHashMap<>();
    List<Message<String>> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String key = "k" + random.nextInt(keys);
      String payload = Integer.toString(i);
      sent.computeIfAbsent(key, k -> new ArrayList<>()).add(payload);
      messages.add(Message.of("test", payload).key(key));
    }
    fixture.sendTogether(fixture.tenant, messages);
    return sent;
  }

  @Test
  void randomFailuresNeverChangeTheOrderOfAKey() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("WorkerOrderingIT seed " + seed);
    Random random = new Random(seed);
    Map<String, Queue<String>> handled = new ConcurrentHashMap<>();
    Map<String, AtomicInteger> running = new ConcurrentHashMap<>();
    AtomicBoolean overlapped = new AtomicBoolean();
    Set<String> failing = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < 3_000; i++) {
      if (random.nextInt(10) == 0) {
        failing.add(Integer.toString(i));
      }
    }
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              String key = String.valueOf(message.key());
              AtomicInteger now = running.computeIfAbsent(key, k -> new AtomicInteger());
              if (now.incrementAndGet() > 1) {
                overlapped.set(true);
              }
              try {
                if (failing.contains(message.payload())
                    && delivery.deliveries() <= 1 + message.payload().hashCode() % 3) {
                  throw new IllegalStateException("at random");
                }
                handled
                    .computeIfAbsent(key, k -> new ConcurrentLinkedQueue<>())
                    .add(message.payload());
              } finally {
                now.decrementAndGet();
              }
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .concurrency(6)
                    .retry(
                        RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(20))
                            .maxDeliveries(10)));
    Map<String, List<String>> sent = sendMany(3_000, 40, random);

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3_000);
    assertThat(overlapped).isFalse();
    assertThat(handled.keySet()).isEqualTo(sent.keySet());
    sent.forEach(
        (key, payloads) ->
            assertThat(handled.get(key)).as(key).containsExactlyElementsOf(payloads));
    assertThat(worker.stats().retried()).isPositive();
    assertThat(worker.stats().redelivered()).isEqualTo(worker.stats().retried());
    assertThat(worker.stats().takenOver()).isZero();
    assertThat(worker.stats().leasesLost()).isZero();
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void aFailingKeyHoldsUpItselfOnlyUntilItIsAmongTheDeadLetters() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    send("a", "bad");
    send("a", "after bad");
    send("b", "other");
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("bad")) {
                seen.add("bad" + delivery.deliveries());
                throw new IllegalStateException("never");
              }
              seen.add(message.payload());
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .concurrency(1)
                    .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).jitter(0).maxDeliveries(3)));

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(seen).containsExactly("bad1", "other", "bad2", "bad3", "after bad");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(fixture.dead().get(0).deliveries()).isEqualTo(3);
  }

  @Test
  void whatWaitsForARetryIsLeasedCountedAndTakenOverWhenItsWorkerDies() throws Exception {
    Duration lease = Duration.ofSeconds(6); // taken over within a quarter more
    Queue<Long> counts = new ConcurrentLinkedQueue<>();
    StreamWorker dying =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("failed");
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .lease(lease)
                    .retry(RetryPolicy.fixed(Duration.ofHours(1))));
    send("a", "m");
    await().atMost(SOON).until(() -> dying.stats().failed() == 1);
    StreamWorker other =
        fixture.start(
            (message, delivery) -> counts.add(delivery.deliveries()),
            options -> options.ordering(Ordering.BY_KEY).lease(lease));
    await().during(lease.multipliedBy(3).dividedBy(2)).until(() -> other.stats().takenOver() == 0);
    assertThat(fixture.pendingOf(dying.consumer())).hasSize(1);

    dying.closeNow();
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 1);
    assertThat(counts).containsExactly(2L);
  }

  @Test
  void aClosedWorkerLeavesItsRetriesToOthers() throws Exception {
    Queue<Long> counts = new ConcurrentLinkedQueue<>();
    StreamWorker closing =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("failed");
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .retry(RetryPolicy.fixed(Duration.ofSeconds(3)).jitter(0)));
    send("a", "m");
    send("a", "n");
    await().atMost(SOON).until(() -> closing.stats().failed() == 1);
    closing.close();
    assertThat(fixture.consumers()).doesNotContain(closing.consumer());
    StreamWorker other =
        fixture.start(
            (message, delivery) -> counts.add(delivery.deliveries()),
            options -> options.ordering(Ordering.BY_KEY));
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 2);
    assertThat(counts).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void whatIsDeletedWhileItWaitsForItsRetryIsReportedLost() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("m")) {
                throw new IllegalStateException("failed");
              }
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .retry(RetryPolicy.fixed(Duration.ofSeconds(2)).jitter(0)));
    MessageId id = send("a", "m");
    send("a", "n");
    await().atMost(SOON).until(() -> worker.stats().failed() == 1);
    fixture.run("XDEL", fixture.stream(), id.value());
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(worker.stats().lost()).isEqualTo(1);
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
  }

  @Test
  void aStreamThatGoesWhileAMessageWaitsInOrderIsFollowed() throws Exception {
    AtomicBoolean fail = new AtomicBoolean(true);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (fail.get()) {
                throw new IllegalStateException("failed");
              }
            },
            options ->
                options
                    .ordering(Ordering.BY_KEY)
                    .retry(RetryPolicy.fixed(Duration.ofMillis(300)).maxDeliveries(100)));
    send("a", "m");
    await().atMost(SOON).until(() -> worker.stats().failed() == 1);
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    fail.set(false);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
    assertThat(worker.stats().lost()).isZero();
  }

  @Test
  void messagesWithoutAKeyHoldUpNobody() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("m0")) {
                go.await();
              }
            },
            options -> options.ordering(Ordering.BY_KEY).concurrency(2));
    fixture.send(5);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 4);
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 5);
  }

  @Test
  void strictOrderSurvivesRandomFailures() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("WorkerOrderingIT seed " + seed);
    Random random = new Random(seed);
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    AtomicInteger running = new AtomicInteger();
    AtomicBoolean overlapped = new AtomicBoolean();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (running.incrementAndGet() > 1) {
                overlapped.set(true);
              }
              try {
                if (Integer.parseInt(message.payload()) % 7 == 0 && !delivery.isRedelivery()) {
                  throw new IllegalStateException("at random");
                }
                handled.add(message.payload());
              } finally {
                running.decrementAndGet();
              }
            },
            options ->
                options
                    .ordering(Ordering.STRICT)
                    .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(3)));
    sendMany(500, 20, random);

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 500);
    assertThat(overlapped).isFalse();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      expected.add(Integer.toString(i));
    }
    assertThat(handled).containsExactlyElementsOf(expected);
    assertThat(worker.stats().retried()).isEqualTo(72);
  }

  @Test
  void aStrictStreamStandsStillAtAFailureUntilResumed(
      @UniqueTenant String a, @UniqueTenant String b) throws Exception {
    Tenant second = Tenant.of(b);
    AtomicBoolean broken = new AtomicBoolean(true);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .tenant(second)
                .concurrency(2)
                .lease(SHORT_LEASE)
                .ordering(Ordering.STRICT)
                .retry(RetryPolicy.fixed(Duration.ofMillis(5)).maxDeliveries(2))
                .handler(
                    (message, delivery) -> {
                      if (message.payload().equals("bad") && broken.get()) {
                        throw new IllegalStateException("broken");
                      }
                      seen.add(message.payload() + delivery.deliveries());
                    }));
    send("k", "before");
    MessageId bad = send("k", "bad");
    fixture.sendTogether(fixture.tenant, Collections.nCopies(600, Message.of("t", "after")));
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    fixture.sendTogether(second, Collections.nCopies(300, Message.of("t", "other")));

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 301);
    assertThat(worker.stopped())
        .containsExactly(
            new StoppedStream(
                fixture.tenant,
                "orders",
                bad,
                "MAX_DELIVERIES java.lang.IllegalStateException: broken"));
    assertThat(worker.health().status()).isEqualTo(Health.Status.DEGRADED);
    assertThat(worker.health().detail()).contains(bad.value()).contains(a);
    assertThat(fixture.dead()).isEmpty();
    await().during(SHORT_LEASE.multipliedBy(3)).until(() -> worker.stats().leasesLost() == 0);
    assertThat(fixture.pendingOf(worker.consumer())).contains(bad.value());

    worker.resume();
    await().atMost(SOON).until(() -> worker.stats().failed() == 3);
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    broken.set(false);
    worker.resume();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 902);
    assertThat(seen).contains("before1", "bad4").doesNotContain("after2");
    assertThat(worker.stats().stopped()).isZero();
    assertThat(worker.health().status()).isEqualTo(Health.Status.UP);
  }

  @Test
  void aStrictStreamPassesOverWhatIsDeletedAndResumed() throws Exception {
    StreamWorker worker =
        fixture.start((message, delivery) -> {}, options -> options.ordering(Ordering.STRICT));
    String garbage = String.valueOf(fixture.run("XADD", fixture.stream(), "5-0", "no", "data"));
    fixture.send(2);
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    assertThat(worker.stopped().get(0).why()).contains("NOT_READABLE");
    assertThat(worker.stats().acknowledged()).isZero();
    assertThat(garbage).isNotNull();

    fixture.run("XDEL", fixture.stream(), "5-0");
    worker.resume();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(worker.stats().lost()).isEqualTo(1);
  }

  @Test
  void whatKillsStrictWorkersIsNotHandledAgainAfterItsTakeover() throws Exception {
    fixture.createGroup();
    MessageId killer = send("k", "killer");
    send("k", "next");
    assertThat(fixture.readAs("dead-consumer", 1)).hasSize(1);
    fixture.run(
        "XCLAIM", fixture.stream(), GROUP, "dead-consumer", "0", killer.value(), "RETRYCOUNT", "5");
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> seen.add(message.payload()),
            options -> options.ordering(Ordering.STRICT).lease(SHORT_LEASE));
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    assertThat(seen).doesNotContain("killer");
    assertThat(fixture.dead()).isEmpty();
    worker.resume();
    await().atMost(SOON).until(() -> seen.contains("killer"));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
  }

  @Test
  void aStrictStreamGoesOnWhenAnotherHasTakenWhatItStoodStillAt() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              seen.add(message.payload());
              if (message.payload().equals("bad")) {
                throw new IllegalStateException("broken");
              }
            },
            options ->
                options
                    .ordering(Ordering.STRICT)
                    .lease(SHORT_LEASE)
                    .retry(RetryPolicy.none())
                    .drainTimeout(Duration.ofMillis(100)));
    MessageId bad = send("k", "bad");
    send("k", "next");
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    assertThat(seen).containsExactly("bad");

    fixture.run("XCLAIM", fixture.stream(), GROUP, "another", "0", bad.value());
    fixture.run("XACK", fixture.stream(), GROUP, bad.value());
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(seen).containsExactly("bad", "next");
    assertThat(worker.stats().stopped()).isZero();
    assertThat(worker.health().status()).isEqualTo(Health.Status.UP);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
  }

  @Test
  void aReplayIsNeverHandledBesideAMessageOfItsKey() throws Exception {
    replayWaitsFor(Ordering.BY_KEY);
  }

  @Test
  void aReplayIsNeverHandledBesideAMessageOfItsStrictStream() throws Exception {
    replayWaitsFor(Ordering.STRICT);
  }

  // Before a message that waits in the worker and was published later, but not before the one that
  // is being handled.
  private void replayWaitsFor(Ordering ordering) throws Exception {
    StreamWorker burying =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("broken");
            },
            options -> options.retry(RetryPolicy.none()));
    send("k", "replayed");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    burying.close();

    CountDownLatch go = new CountDownLatch(1);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              seen.add(message.payload());
              if (message.payload().equals("first")) {
                go.await();
              }
            },
            options -> options.ordering(ordering).concurrency(4).lease(SHORT_LEASE));
    send("k", "first");
    send("k", "second");
    await().atMost(SOON).until(() -> seen.size() == 1 && worker.stats().inFlight() == 2);
    fixture.deadLetters.replayAll(fixture.tenant, "orders", GROUP);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 3);
    await().during(SHORT_LEASE).until(() -> seen.size() == 1);
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(seen).containsExactly("first", "replayed", "second");
  }
}
