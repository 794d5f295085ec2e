package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a worker endures from handlers, executors, foreign keys, and a server short of memory. */
@RedisTest(dedicated = true)
class WorkerHardshipIT {
  private static final Duration SHORT_LEASE = Duration.ofMillis(400);

  private final Fixture fixture;

  WorkerHardshipIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aHandlerThatInterruptsItselfConcernsNoOtherMessageAndNoThreadOfTheWorker() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              TimeUnit.MILLISECONDS.sleep(1); // fails if an interruption is left over
              Thread.currentThread().interrupt();
            },
            options -> options.executor(Runnable::run));
    for (int i = 0; i < 5; i++) {
      fixture.send("m" + i);
      int sent = i + 1;
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == sent);
    }
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void anErrorThatCannotSayWhatItIsEndsItsDeliveryToo() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException() {
                private static final long serialVersionUID = 1L;

                @Override
                public String getMessage() {
                  throw new UnsupportedOperationException("nothing to say");
                }
              };
            },
            options -> options.concurrency(1).retry(RetryPolicy.none()));
    fixture.send(6);
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 6);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
    assertThat(fixture.dead())
        .allSatisfy(
            letter -> assertThat(letter.reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES));
  }

  @Test
  void aClassifierThatThrowsAnErrorEndsNoDeliveryEarly() throws Exception {
    AtomicInteger failures = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (!delivery.isRedelivery()) {
                failures.incrementAndGet();
                throw new IllegalStateException("failed");
              }
            },
            options ->
                options
                    .concurrency(1)
                    .retry(
                        RetryPolicy.fixed(Duration.ZERO)
                            .retryIf(
                                error -> {
                                  throw new AssertionError("classifier");
                                })));
    fixture.send(6);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 6);
    assertThat(failures).hasValue(6);
  }

  @Test
  void aReplyThatLayThereForLongerThanTheLeaseStartsNothingThatAnotherWorkerHasTaken(
      FaultProxy proxy) throws Exception {
    Queue<String> late = new ConcurrentLinkedQueue<>();
    StreamWorker slow =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .lease(SHORT_LEASE)
                .handler((message, delivery) -> late.add(message.payload())));
    fixture.send("in time");
    await().atMost(SOON).until(() -> slow.stats().acknowledged() == 1);
    proxy.delay(Duration.ofMillis(1_500));
    fixture.send("late");
    await().atMost(SOON).until(() -> fixture.pendingOf(slow.consumer()).size() == 1);
    StreamWorker other =
        fixture.start((message, delivery) -> {}, options -> options.lease(SHORT_LEASE));
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 1);
    await().during(Duration.ofSeconds(2)).until(() -> late.size() == 1);
    proxy.heal();
    assertThat(other.stats().takenOver()).isEqualTo(1);
  }

  @Test
  void takesOverAlsoWhileRetriesCannotBeLookedUp() throws Exception {
    fixture.createGroup();
    fixture.send(3);
    assertThat(fixture.readAs("dead-consumer", 3)).hasSize(3);
    fixture.run("SET", fixture.keys().due().text(), "not ours");
    StreamWorker worker =
        fixture.start((message, delivery) -> {}, options -> options.lease(SHORT_LEASE));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
  }

  @Test
  void startsReadsAndTakesOverWhileTheServerIsOutOfMemory() throws Exception {
    fixture.createGroup();
    fixture.send(2);
    assertThat(fixture.readAs("dead-consumer", 1)).hasSize(1);
    fixture.run("CONFIG", "SET", "maxmemory", "1");
    try {
      StreamWorker worker =
          fixture.start((message, delivery) -> {}, options -> options.lease(SHORT_LEASE));
      assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    } finally {
      fixture.run("CONFIG", "SET", "maxmemory", "0");
    }
  }

  @Test
  void manyTenantsAtOnceAreNotMoreThanItFetchesAhead() throws Exception {
    List<Tenant> tenants = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Tenant tenant = Tenant.of("t" + i);
      tenants.add(tenant);
      fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("test", "a"));
      fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("test", "b"));
    }
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> go.await(), options -> options.tenants(tenants).concurrency(2));
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 4);
    await().during(Duration.ofMillis(500)).until(() -> worker.stats().inFlight() == 4);
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 120);
    fixture.send("afterwards");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 121);
  }

  @Test
  void whatADeadWorkerHeldIsTakenOverAsFastAsThereIsRoomForIt() throws Exception {
    fixture.createGroup();
    fixture.send(60);
    assertThat(fixture.readAs("dead-consumer", 60)).hasSize(60);
    Duration lease = Duration.ofSeconds(4); // sweeps every second
    StreamWorker worker =
        fixture.start((message, delivery) -> {}, options -> options.concurrency(1).lease(lease));
    await().atMost(Duration.ofSeconds(60)).until(() -> worker.stats().takenOver() > 0);
    await().atMost(Duration.ofSeconds(15)).until(() -> worker.stats().acknowledged() == 60);
  }

  @Test
  void whatIsTrimmedWhileItsHandlerRunsIsReportedLostOnce() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker one =
        fixture.start(
            (message, delivery) -> {
              go.await();
              throw new IllegalStateException("failed");
            },
            options -> options.lease(SHORT_LEASE));
    fixture.send("m");
    await().atMost(SOON).until(() -> one.stats().inFlight() == 1);
    fixture.run("XTRIM", fixture.stream(), "MAXLEN", "0");
    StreamWorker two =
        fixture.start((message, delivery) -> {}, options -> options.lease(SHORT_LEASE));
    await().atMost(SOON).until(() -> two.stats().lost() == 1);
    await().atMost(SOON).until(() -> one.stats().leasesLost() == 1);
    go.countDown();
    await().atMost(SOON).until(() -> one.stats().inFlight() == 0);
    assertThat(fixture.dead()).hasSize(1);
    assertThat(one.stats().lost()).isZero();
  }

  @Test
  void anExecutorThatRunsTasksInPlaceHoldsUpNoThreadOfTheWorker() throws Exception {
    Queue<String> threads = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              threads.add(Thread.currentThread().getName());
              if (!delivery.isRedelivery()) {
                throw new IllegalStateException("retried");
              }
            },
            options ->
                options
                    .executor(Runnable::run)
                    .lease(Duration.ofMillis(400))
                    .retry(RetryPolicy.fixed(Duration.ofMillis(5))));
    fixture.send(20);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 20);
    assertThat(threads).hasSize(40).containsOnly("tandem-worker-billing-relay");
  }

  @Test
  void whatAnExecutorNeverBeginsIsLeftToOthers() throws Exception {
    AtomicBoolean shut = new AtomicBoolean(true);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> seen.add(message.payload() + delivery.deliveries()),
            options ->
                options.executor(
                    task -> {
                      if (shut.get()) {
                        throw new RejectedExecutionException("shut down");
                      }
                      task.run();
                    }));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 3);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
    assertThat(worker.health().status()).isEqualTo(Health.Status.DEGRADED);
    assertThat(worker.health().detail()).contains("executor");
    StreamWorker other =
        fixture.start(
            (message, delivery) -> seen.add(message.payload() + delivery.deliveries()),
            options -> options);
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 3);
    assertThat(seen).containsExactlyInAnyOrder("m01", "m11", "m21");
    other.close();
    shut.set(false);
    fixture.send("again");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> worker.health().isUp());
  }

  @Test
  void aListenerThatInterruptsItsThreadEndsNoneOfTheWorkers() throws Exception {
    StreamWorker worker =
        fixture
            .worker()
            .concurrency(1)
            .lease(Duration.ofMillis(400))
            .handler((message, delivery) -> TimeUnit.MILLISECONDS.sleep(20))
            .build();
    fixture.closeLater(worker);
    worker.addListener(
        (from, to) -> {
          if (Thread.currentThread().getName().startsWith("tandem-worker")) {
            Thread.currentThread().interrupt();
          }
        });
    worker.start();
    fixture.send(20);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 20);
    assertThat(worker.stats().redelivered()).isZero();
  }
}
