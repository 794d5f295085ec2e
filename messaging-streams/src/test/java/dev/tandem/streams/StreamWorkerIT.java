package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamWorkerIT {
  private final Fixture fixture;

  StreamWorkerIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void handlesAndAcknowledgesWhatWasPublishedBeforeAndAfterItsStart() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    fixture.send("before");
    StreamWorker worker =
        fixture.start((message, delivery) -> seen.add(message.payload()), options -> options);
    fixture.send("after");

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(seen).containsExactlyInAnyOrder("before", "after"));
    await().atMost(SOON).untilAsserted(() -> assertThat(fixture.pending()).isZero());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(Totals.of(worker.stats()))
                    .isEqualTo(new Totals(2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0)));
    assertThat(worker.health().status()).isEqualTo(Health.Status.UP);
    assertThat(
            fixture
                .redis
                .metrics()
                .counter("tandem.streams.worker.orders.billing.handled")
                .getCount())
        .isEqualTo(2);
  }

  @Test
  void startsAfterTheNewestMessageIfToldTo() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    fixture.send("old");
    fixture.start(
        (message, delivery) -> seen.add(message.payload()),
        options -> options.startFrom(StartPosition.NOW));
    fixture.send("new");

    await().atMost(SOON).untilAsserted(() -> assertThat(seen).containsExactly("new"));
  }

  @Test
  void tellsTheHandlerWhatItDelivers() throws Exception {
    AtomicReference<Delivery<String>> seen = new AtomicReference<>();
    Instant before = Instant.now().minusSeconds(5);
    MessageId id =
        fixture.producer.sendAndWait(
            fixture.tenant,
            fixture.topic,
            Message.of("order.placed", "p").key("k").header("trace", "é\"1"));
    fixture.start((message, delivery) -> seen.set(delivery), options -> options);

    await().atMost(SOON).until(() -> seen.get() != null);
    Delivery<String> delivery = requireNonNull(seen.get());
    assertThat(delivery.id()).isEqualTo(id);
    assertThat(delivery.message())
        .isEqualTo(Message.of("order.placed", "p").key("k").header("trace", "é\"1"));
    assertThat(delivery.tenant()).isEqualTo(fixture.tenant);
    assertThat(delivery.topic()).isSameAs(fixture.topic);
    assertThat(delivery.group()).isEqualTo(GROUP);
    assertThat(delivery.deliveries()).isEqualTo(1);
    assertThat(delivery.isRedelivery()).isFalse();
    assertThat(delivery.isLeaseLost()).isFalse();
    assertThat(delivery.publishedAt()).isBetween(before, Instant.now().plusSeconds(5));
  }

  @Test
  void handlesManyTenantsAndTouchesNoOther(@UniqueTenant String a, @UniqueTenant String b)
      throws Exception {
    List<Tenant> ours = List.of(fixture.tenant, Tenant.of(b), Tenant.of(a + ".x"));
    Tenant other = Tenant.of(a + ".y");
    Map<Tenant, Set<String>> seen = new ConcurrentHashMap<>();
    fixture.start(
        (message, delivery) ->
            seen.computeIfAbsent(delivery.tenant(), tenant -> ConcurrentHashMap.newKeySet())
                .add(message.payload()),
        options -> options.tenants(ours).concurrency(1));
    for (int i = 0; i < 20; i++) {
      for (Tenant tenant : ours) {
        fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("t", tenant + " " + i));
      }
      fixture.producer.sendAndWait(other, fixture.topic, Message.of("t", "other"));
    }

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(seen.keySet()).containsExactlyInAnyOrderElementsOf(ours);
              assertThat(seen.values()).allSatisfy(payloads -> assertThat(payloads).hasSize(20));
            });
  }

  @Test
  void oneTenantsBrokenStreamDoesNotHoldUpTheOthers(@UniqueTenant String a, @UniqueTenant String b)
      throws Exception {
    Tenant broken = Tenant.of(b);
    String key = "tenant:" + b + ":stream:orders";
    fixture.run("SET", key, "in the way");
    Queue<Tenant> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture
            .worker()
            .tenant(broken)
            .handler((message, delivery) -> seen.add(delivery.tenant()))
            .build();
    fixture.closeLater(worker);
    worker.start();
    fixture.send("m");
    await().atMost(SOON).untilAsserted(() -> assertThat(seen).containsExactly(fixture.tenant));
    assertThat(worker.awaitState(LifecycleState.RECOVERING, SOON)).isTrue();
    await().atMost(SOON).until(() -> worker.health().detail().contains("WRONGTYPE"));

    fixture.run("DEL", key);
    fixture.producer.sendAndWait(broken, fixture.topic, Message.of("t", "m"));
    assertThat(worker.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
    await().atMost(SOON).until(() -> seen.contains(broken));
    fixture.run("DEL", key);
    fixture.run("SET", key, "in the way");
    assertThat(worker.awaitState(LifecycleState.RECOVERING, SOON)).isTrue();
    fixture.send("n");
    await().atMost(SOON).until(() -> seen.size() == 3);
    assertThat(a).isEqualTo(fixture.tenant.name());
  }

  @Test
  void retriesAfterTheDelayAndOnlyInItsOwnGroup() throws Exception {
    Queue<Long> deliveries = new ConcurrentLinkedQueue<>();
    Queue<Long> times = new ConcurrentLinkedQueue<>();
    AtomicInteger others = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              times.add(System.nanoTime());
              deliveries.add(delivery.deliveries());
              if (delivery.deliveries() < 3) {
                throw new IllegalStateException("not yet");
              }
            },
            options -> options.retry(RetryPolicy.fixed(Duration.ofMillis(400)).jitter(0)));
    StreamWorker other =
        fixture.start(
            (message, delivery) -> others.incrementAndGet(), options -> options.group("mailing"));
    fixture.send("m");

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(deliveries).containsExactly(1L, 2L, 3L);
    List<Long> at = List.copyOf(times);
    assertThat(at.get(1) - at.get(0)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(395));
    assertThat(at.get(2) - at.get(1)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(395));
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 1);
    assertThat(others).hasValue(1);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
    assertThat(Totals.of(worker.stats())).isEqualTo(new Totals(1, 2, 2, 0, 2, 0, 0, 0, 1, 0, 0, 0));
    assertThat(fixture.run("XLEN", fixture.stream())).isEqualTo(1L);
    assertThat(fixture.run("EXISTS", fixture.keys().due().text())).isEqualTo(0L);
  }

  @Test
  void aRetryOutlivesTheWorkerThatFailed() throws Exception {
    StreamWorker first =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("failed");
            },
            options -> options.retry(RetryPolicy.fixed(Duration.ofSeconds(4)).jitter(0)));
    MessageId id = fixture.send("m");
    await().atMost(SOON).until(() -> first.stats().retried() == 1);
    first.closeNow();
    assertThat(fixture.pendingOf("tandem-parked")).containsExactly(id.value());

    AtomicReference<Delivery<String>> seen = new AtomicReference<>();
    fixture.start((message, delivery) -> seen.set(delivery), options -> options);
    await().atMost(SOON).until(() -> seen.get() != null);
    assertThat(requireNonNull(seen.get()).deliveries()).isEqualTo(2);
    assertThat(requireNonNull(seen.get()).isRedelivery()).isTrue();
  }

  @Test
  void givesUpAfterTheLastDeliveryAndKeepsEverythingOfTheMessage() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("boom");
            },
            options -> options.retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(3)));
    MessageId id =
        fixture.producer.sendAndWait(
            fixture.tenant, fixture.topic, Message.of("order.placed", "p").key("k"));

    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(fixture.pending()).isZero();
    assertThat(fixture.deadLetters.count(fixture.tenant, "orders", GROUP)).isEqualTo(1);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.originalId()).isEqualTo(id);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(letter.deliveries()).isEqualTo(3);
    assertThat(letter.consumer()).isEqualTo(worker.consumer());
    assertThat(letter.error()).isEqualTo("java.lang.IllegalStateException: boom");
    assertThat(letter.movedAt())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    assertThat(letter.fields().keySet()).containsExactly("type", "key", "headers", "data");
    assertThat(letter.fields().get("type")).asString().isEqualTo("order.placed");
    assertThat(letter.fields().get("data")).asString().isEqualTo("p");
    assertThat(worker.stats().failed()).isEqualTo(3);
  }

  @Test
  void givesUpAtOnceWhatThePolicyDoesNotRetry() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new UnsupportedOperationException("never");
            },
            options ->
                options.retry(
                    RetryPolicy.fixed(Duration.ofMillis(1))
                        .retryIf(error -> !(error instanceof UnsupportedOperationException))));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.REJECTED);
    assertThat(fixture.dead().get(0).deliveries()).isEqualTo(1);
  }

  @Test
  void goesOnAfterWhateverAHandlerOrAPolicyThrows() throws Exception {
    List<Throwable> errors =
        List.of(
            new AssertionError("a"),
            new StackOverflowError(),
            new OutOfMemoryError("pretended"),
            new InterruptedException("i"),
            new Exception("e"));
    AtomicInteger next = new AtomicInteger();
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              int number = next.getAndIncrement();
              if (number < errors.size()) {
                sneak(errors.get(number));
              }
              seen.add(message.payload());
            },
            options ->
                options
                    .concurrency(1)
                    .retry(
                        RetryPolicy.fixed(Duration.ofMillis(1))
                            .maxDeliveries(50)
                            .retryIf(
                                error -> {
                                  throw new IllegalStateException("classifier");
                                })));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(seen).containsExactlyInAnyOrder("m0", "m1", "m2");
    assertThat(worker.stats().failed()).isEqualTo(errors.size());
    assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);
  }

  @SuppressWarnings("unchecked") // throws what the compiler would not let us throw
  private static <E extends Throwable> void sneak(Throwable error) throws E {
    throw (E) error;
  }

  @Test
  void deadLettersGarbageAndReadsForeignEntries() throws Exception {
    Queue<Message<String>> seen = new ConcurrentLinkedQueue<>();
    StreamTopic<String> strict = fixture.topic;
    String stream = fixture.stream();
    fixture.run("XADD", stream, "*", "anything", "else");
    fixture.run("XADD", stream, "*", "headers", "{not json", "data", "d");
    fixture.run("XADD", stream, "*", "data", "only");
    fixture.run("XADD", stream, "*", "data", "first", "data", "second", "x", "y", "type", "t");
    StreamWorker worker =
        fixture.start((message, delivery) -> seen.add(message), options -> options.concurrency(1));
    fixture.send("ours");

    await().atMost(SOON).until(() -> worker.stats().handled() == 3);
    assertThat(seen)
        .extracting(Message::payload)
        .containsExactlyInAnyOrder("only", "first", "ours");
    assertThat(seen).extracting(Message::type).containsExactlyInAnyOrder("", "t", "test");
    assertThat(strict.name()).isEqualTo("orders");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 2);
    assertThat(fixture.dead())
        .allSatisfy(
            letter -> {
              assertThat(letter.reason()).isEqualTo(DeadLetterReason.NOT_READABLE);
              assertThat(letter.deliveries()).isEqualTo(1);
            });
    assertThat(fixture.dead().get(0).fields()).containsOnlyKeys("anything");
    await().atMost(SOON).until(() -> fixture.pending() == 0);
  }

  @Test
  void neverRunsMoreHandlersThanItsConcurrencyAndFetchesLittleAhead() throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch open = new CountDownLatch(1);
    fixture.send(50);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              open.await();
              running.decrementAndGet();
            },
            options -> options.concurrency(3));
    await().atMost(SOON).until(() -> running.get() == 3 && fixture.pending() == 6);
    await().during(Duration.ofMillis(500)).until(() -> fixture.pending() <= 6);
    open.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 50);
    assertThat(most).hasValue(3);
  }

  @Test
  void runsHandlersOnTheGivenExecutorAlsoWhenItRefusesForAWhile() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2, task -> new Thread(task, "users-own"));
    AtomicBoolean full = new AtomicBoolean(true);
    Queue<String> names = new ConcurrentLinkedQueue<>();
    try {
      StreamWorker worker =
          fixture.start(
              (message, delivery) -> names.add(Thread.currentThread().getName()),
              options ->
                  options.executor(
                      task -> {
                        if (full.get()) {
                          throw new java.util.concurrent.RejectedExecutionException("full");
                        }
                        pool.execute(task);
                      }));
      fixture.send(5);
      await().atMost(SOON).until(() -> worker.stats().inFlight() == 5);
      full.set(false);
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == 5);
      assertThat(names).hasSize(5).containsOnly("users-own");
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void renewsWhatALongHandlerHolds() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Duration lease = Duration.ofSeconds(8); // looked for every 2 seconds, renewed about as often
    StreamHandler<String> slow =
        (message, delivery) -> {
          if (runs.incrementAndGet() == 1) { // the other is buffered meanwhile
            TimeUnit.SECONDS.sleep(12);
          }
        };
    StreamWorker one = fixture.start(slow, options -> options.lease(lease).concurrency(1));
    fixture.send("a");
    fixture.send("b");
    await().atMost(SOON).until(() -> one.stats().inFlight() == 2);
    StreamWorker two = fixture.start(slow, options -> options.lease(lease));
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(runs).hasValue(2);
    assertThat(two.stats().takenOver()).isZero();
    assertThat(one.stats().leasesLost()).isZero();
  }

  @Test
  void aLostLeaseShowsAndIsNotStolenBack() throws Exception {
    CountDownLatch noticed = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    Queue<String> started = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              started.add(message.payload());
              if (first.getAndSet(false)) {
                await().atMost(SOON).until(delivery::isLeaseLost);
                noticed.countDown();
              }
            },
            options -> options.concurrency(1).lease(Duration.ofSeconds(6)));
    MessageId running = fixture.send("running");
    await().atMost(SOON).until(() -> started.size() == 1);
    MessageId buffered = fixture.send("buffered");
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 2);
    fixture.run("XCLAIM", fixture.stream(), GROUP, "thief", "0", running.value(), buffered.value());

    assertThat(noticed.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(SOON).until(() -> worker.stats().leasesLost() == 2);
    // The thief never acknowledges. What ran is acknowledged all the same; the other is taken over.
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(started).containsExactly("running", "buffered");
    assertThat(worker.stats().takenOver()).isEqualTo(1);
    assertThat(worker.stats().redelivered()).isEqualTo(1);
  }

  @Test
  void takesOverWhatADeadConsumerHeldAfterItsLease() throws Exception {
    fixture.createGroup();
    List<MessageId> ids = fixture.send(300);
    assertThat(fixture.readAs("dead-one", 300)).hasSize(300);
    Map<String, Long> seen = new ConcurrentHashMap<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> seen.put(delivery.id().value(), delivery.deliveries()),
            options -> options.lease(Duration.ofMillis(1_500)));
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(seen.keySet()).hasSameElementsAs(ids.stream().map(MessageId::value).toList());
    assertThat(seen.values()).containsOnly(2L);
    await().atMost(SOON).until(() -> worker.stats().takenOver() == 300);
  }

  @Test
  void takesOverAlsoWhileNewMessagesKeepItFullyBusy() throws Exception {
    fixture.createGroup();
    MessageId abandoned = fixture.send("abandoned");
    fixture.readAs("dead-one", 1);
    for (int i = 0; i < 80; i++) {
      fixture.producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "new"));
    }
    AtomicInteger before = new AtomicInteger();
    AtomicReference<Integer> at = new AtomicReference<>();
    fixture.start(
        (message, delivery) -> {
          if (delivery.id().equals(abandoned)) {
            at.set(before.get());
          } else {
            before.incrementAndGet();
            TimeUnit.MILLISECONDS.sleep(100);
          }
        },
        options -> options.lease(Duration.ofMillis(300)).concurrency(1));
    await().atMost(Duration.ofSeconds(60)).until(() -> at.get() != null);
    assertThat(at.get()).as("new ones handled before").isLessThan(80);
  }

  @Test
  void poisonThatKillsItsConsumersIsDeadLetteredOnceByManySweepers() throws Exception {
    fixture.createGroup();
    MessageId id = fixture.send("poison");
    fixture.readAs("victim", 1);
    fixture.run(
        "XCLAIM", fixture.stream(), GROUP, "victim", "0", id.value(), "RETRYCOUNT", "5", "JUSTID");
    AtomicInteger handled = new AtomicInteger();
    List<StreamWorker> workers = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 3; i++) {
      workers.add(
          fixture.start(
              (message, delivery) -> handled.incrementAndGet(),
              options -> options.lease(Duration.ofMillis(100))));
    }
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    await().during(Duration.ofMillis(500)).until(() -> fixture.dead().size() == 1);
    assertThat(handled).hasValue(0);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(letter.consumer()).isEqualTo("victim");
    assertThat(letter.deliveries()).isEqualTo(5);
    await()
        .atMost(SOON)
        .until(
            () -> workers.stream().mapToLong(worker -> worker.stats().deadLettered()).sum() == 1);
  }

  @Test
  void reportsWhatWasTrimmedWhilePending() throws Exception {
    fixture.createGroup();
    MessageId id = fixture.send("gone");
    fixture.readAs("dead-one", 1);
    fixture.run("XDEL", fixture.stream(), id.value());
    StreamWorker worker =
        fixture.start((message, delivery) -> {}, options -> options.lease(Duration.ofMillis(100)));
    await().atMost(SOON).until(() -> worker.stats().lost() == 1);
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(fixture.pending()).isZero();
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.PAYLOAD_LOST);
    assertThat(letter.originalId()).isEqualTo(id);
    assertThat(letter.fields()).isEmpty();
  }

  @Test
  void reportsWhatWasTrimmedWhileItFailed() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              fixture.run("XDEL", fixture.stream(), delivery.id().value());
              throw new IllegalStateException("failed");
            },
            options -> options);
    fixture.send("gone");
    await().atMost(SOON).until(() -> worker.stats().lost() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.PAYLOAD_LOST);
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void closeFinishesWhatRunsAndHandsBackTheRestUncounted() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    List<LifecycleState> states = new CopyOnWriteArrayList<>();
    StreamWorker first =
        fixture.start(
            (message, delivery) -> {
              started.countDown();
              go.await();
              handled.add(message.payload());
            },
            options ->
                options.concurrency(1).drainTimeout(SOON).listener((from, to) -> states.add(to)));
    fixture.send(5);
    assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(SOON).until(() -> fixture.pending() == 2);
    Thread closer = new Thread(first::close);
    closer.start();
    await().atMost(SOON).until(() -> fixture.pendingOf("tandem-released").size() == 1);
    await()
        .during(Duration.ofMillis(500))
        .atMost(SOON)
        .until(() -> first.state() == LifecycleState.DRAINING);
    go.countDown();
    closer.join(SOON.toMillis());
    assertThat(first.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(states)
        .containsExactly(
            LifecycleState.STARTING,
            LifecycleState.RUNNING,
            LifecycleState.DRAINING,
            LifecycleState.STOPPED);
    assertThat(handled).containsExactly("m0");
    assertThat(fixture.pending()).isEqualTo(1);
    assertThat(fixture.consumers()).doesNotContain(first.consumer());

    Map<String, Long> seen = new ConcurrentHashMap<>();
    StreamWorker second =
        fixture.start(
            (message, delivery) -> seen.put(message.payload(), delivery.deliveries()),
            options -> options);
    await().atMost(SOON).until(() -> second.stats().acknowledged() == 4);
    assertThat(seen).isEqualTo(Map.of("m1", 1L, "m2", 1L, "m3", 1L, "m4", 1L));
    assertThat(second.stats().takenOver()).isZero();
    assertThat(second.stats().redelivered()).isZero();
  }

  @Test
  void closeEndsWithItsDrainTimeAndLeavesTheRestToOthers() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    StreamWorker stuck =
        fixture.start(
            (message, delivery) -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
            },
            options -> options.drainTimeout(Duration.ofMillis(300)).lease(Duration.ofMillis(500)));
    fixture.send("m");
    await().atMost(SOON).until(() -> stuck.stats().inFlight() == 1);
    long start = System.nanoTime();
    stuck.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(stuck.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();

    AtomicReference<Delivery<String>> seen = new AtomicReference<>();
    fixture.start(
        (message, delivery) -> seen.set(delivery),
        options -> options.lease(Duration.ofMillis(500)));
    await().atMost(SOON).until(() -> seen.get() != null);
    assertThat(requireNonNull(seen.get()).deliveries()).isEqualTo(2);
    assertThat(stuck.stats().failed()).isZero();
  }

  @Test
  void closeNowDoesNotWait() throws Exception {
    StreamWorker stuck =
        fixture.start(
            (message, delivery) -> new CountDownLatch(1).await(),
            options -> options.drainTimeout(Duration.ofMinutes(5)));
    fixture.send(3);
    await().atMost(SOON).until(() -> stuck.stats().inFlight() == 3);
    long start = System.nanoTime();
    stuck.closeNow();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    assertThat(stuck.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(fixture.pendingOf(stuck.consumer())).hasSize(3);
    stuck.close();
    assertThat(stuck.state()).isEqualTo(LifecycleState.STOPPED);
  }

  @Test
  void leavesNoThreadsBehind() throws Exception {
    StreamWorker worker =
        fixture.start((message, delivery) -> {}, options -> options.group("threads-test"));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(threads("tandem-worker-threads-test")).isNotEmpty();
    worker.close();
    await().atMost(SOON).until(() -> threads("tandem-worker-threads-test").isEmpty());
  }

  private static List<String> threads(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(prefix))
        .toList();
  }

  @Test
  void cannotBeStartedTwice() throws Exception {
    StreamWorker worker = fixture.start((message, delivery) -> {}, options -> options);
    assertThatThrownBy(worker::start).isInstanceOf(IllegalStateException.class);
    worker.close();
    assertThatThrownBy(worker::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void failsForGoodWhenItsConnectionIsClosed() throws Exception {
    StreamWorker worker = fixture.start((message, delivery) -> {}, options -> options);
    fixture.redis.close();
    assertThat(worker.awaitState(LifecycleState.FAILED, SOON)).isTrue();
    assertThat(worker.health().status()).isEqualTo(Health.Status.DOWN);
  }
}
