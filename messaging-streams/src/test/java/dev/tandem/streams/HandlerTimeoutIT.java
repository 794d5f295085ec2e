package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handlers that take longer than they may. */
@RedisTest
class HandlerTimeoutIT {
  private static final Duration TIMEOUT = Duration.ofMillis(500);

  private final Fixture fixture;

  HandlerTimeoutIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static void block(CountDownLatch until) {
    boolean interrupted = false;
    while (until.getCount() > 0) {
      try {
        until.await();
      } catch (InterruptedException e) {
        interrupted = true; // takes no notice
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void interruptsTheHandlerAndFailsTheDeliveryByThePolicy() throws Exception {
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    AtomicInteger interrupted = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (!delivery.isRedelivery()) {
                try {
                  TimeUnit.MINUTES.sleep(1);
                } catch (InterruptedException e) {
                  interrupted.incrementAndGet();
                  throw e;
                }
              }
            },
            options ->
                options
                    .handlerTimeout(TIMEOUT)
                    .retry(RetryPolicy.fixed(Duration.ofMillis(10)).retryIf(errors::add)));
    fixture.send("slow");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> interrupted.get() == 1);
    assertThat(errors)
        .singleElement()
        .isInstanceOf(TimeoutException.class)
        .asString()
        .contains("PT0.5S");
    assertThat(worker.stats().failed()).isEqualTo(1);
    assertThat(worker.stats().handled()).isEqualTo(1);
    await().atMost(SOON).until(() -> worker.stats().stuck() == 0);
  }

  @Test
  void aHandlerThatTakesNoNoticeIsStuckAndWhatItDoesLateDoesNotCount() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean lost = new AtomicBoolean();
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              runs.incrementAndGet();
              if (message.payload().equals("stuck")) {
                block(go);
                lost.set(delivery.isLeaseLost());
              }
            },
            options -> options.concurrency(2).handlerTimeout(TIMEOUT).retry(RetryPolicy.none()));
    fixture.send("stuck");
    await().atMost(SOON).until(() -> worker.stats().stuck() == 1);
    assertThat(worker.health().status()).isEqualTo(Health.Status.UP);
    for (int i = 0; i < 20; i++) {
      fixture.send("fine");
    }
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 20);
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(fixture.dead().get(0).error()).contains("TimeoutException");

    fixture.send("stuck");
    await().atMost(SOON).until(() -> worker.stats().stuck() == 2);
    assertThat(worker.health().status()).isEqualTo(Health.Status.DEGRADED);
    assertThat(worker.health().detail()).contains("stuck");
    fixture.send("waits");
    await().during(Duration.ofMillis(400)).until(() -> runs.get() == 22);

    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 21);
    await().atMost(SOON).until(() -> worker.stats().stuck() == 0);
    assertThat(lost).isTrue();
    assertThat(worker.stats().handled()).isEqualTo(21);
    assertThat(worker.stats().failed()).isEqualTo(2);
    await().atMost(SOON).until(() -> worker.health().isUp());
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
  }

  @Test
  void theNextHandlerOnTheThreadIsNotInterrupted() throws Exception {
    Duration most = Duration.ofMillis(20);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted from before");
              }
              if (!delivery.isRedelivery()) {
                long until = System.nanoTime() + most.toNanos();
                while (System.nanoTime() < until) {
                  Thread.onSpinWait();
                }
              }
            },
            options ->
                options
                    .concurrency(2)
                    .handlerTimeout(most)
                    .retry(
                        RetryPolicy.fixed(Duration.ZERO)
                            .maxDeliveries(100)
                            .retryIf(TimeoutException.class::isInstance)));
    fixture.send(60);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 60);
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void aKeysNextMessageWaitsForTheRetryOfTheOneThatTookTooLong() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("m0") && !delivery.isRedelivery()) {
                block(go);
              }
              seen.add(message.payload() + delivery.deliveries());
            },
            options -> options.ordering(Ordering.STRICT).handlerTimeout(TIMEOUT));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(seen).containsExactly("m02", "m11", "m21");
    go.countDown();
    await().atMost(SOON).until(() -> seen.size() == 4);
    assertThat(worker.stats().handled()).isEqualTo(3);
  }

  @Test
  void aBatchThatTakesTooLongFailsAsAWhole() throws Exception {
    fixture.send(3);
    AtomicInteger calls = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(1)
                .handlerTimeout(TIMEOUT)
                .batchHandler(
                    batch -> {
                      if (calls.getAndIncrement() == 0) {
                        batch.acknowledge(batch.deliveries().get(0));
                        TimeUnit.MINUTES.sleep(1);
                      }
                    },
                    3,
                    Duration.ofSeconds(2)));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(worker.stats().failed()).isEqualTo(2);
    assertThat(worker.stats().redelivered()).isEqualTo(2);
  }

  @Test
  void aWorkerWhoseHandlersAreAllStuckLeavesWhatItHasReadToOthers() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Queue<String> late = new ConcurrentLinkedQueue<>();
    StreamWorker stuck =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("stuck")) {
                block(go);
              } else {
                late.add(message.payload() + delivery.deliveries());
              }
            },
            options -> options.concurrency(1).handlerTimeout(TIMEOUT).retry(RetryPolicy.none()));
    fixture.send("stuck");
    fixture.send(5);
    await().atMost(SOON).until(() -> stuck.stats().stuck() == 1);
    await().atMost(SOON).until(() -> stuck.stats().inFlight() == 0);

    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker other =
        fixture.start(
            (message, delivery) -> seen.add(message.payload() + delivery.deliveries()),
            options -> options);
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 5);
    assertThat(seen).containsExactlyInAnyOrder("m01", "m11", "m21", "m31", "m41");
    other.close();

    fixture.send("after");
    await().during(TIMEOUT.multipliedBy(2)).until(late::isEmpty);
    go.countDown();
    await().atMost(SOON).until(() -> stuck.stats().acknowledged() == 1);
    assertThat(late).containsExactly("after1");
    await().atMost(SOON).until(() -> stuck.health().isUp());
  }

  @Test
  void aClassifierThatInterruptsItsThreadEndsNoTimeouts() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> TimeUnit.MINUTES.sleep(1),
            options ->
                options
                    .concurrency(1)
                    .handlerTimeout(TIMEOUT)
                    .retry(
                        RetryPolicy.fixed(Duration.ZERO)
                            .retryIf(
                                error -> {
                                  Thread.currentThread().interrupt();
                                  return false;
                                })));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 3);
    await().atMost(SOON).until(() -> worker.stats().stuck() == 0);
  }
}
