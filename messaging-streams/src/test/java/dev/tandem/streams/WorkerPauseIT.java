package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workers that are told to wait. */
@RedisTest
class WorkerPauseIT {
  private static final Duration A_WHILE = Duration.ofMillis(1_300); // longer than a read blocks

  private final Fixture fixture;
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  WorkerPauseIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void startsNothingAndReadsNothingWhilePausedAndGoesOnAfterwards() throws Exception {
    StreamWorker worker =
        fixture.start((message, delivery) -> seen.add(message.payload()), options -> options);
    worker.pause();
    worker.pause();
    assertThat(worker.state()).isEqualTo(LifecycleState.PAUSED);
    assertThat(worker.health().status()).isEqualTo(Health.Status.DEGRADED);
    fixture.send(100);
    await().during(A_WHILE).until(seen::isEmpty);
    // A read that was on its way may have brought some; what it keeps is no more than it fetches.
    assertThat(worker.stats().inFlight()).isLessThanOrEqualTo(16);

    worker.resume();
    worker.resume();
    assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 100);
    assertThat(seen).hasSize(100);
  }

  @Test
  void whatRunsGoesOnAndWhatIsBufferedIsKept() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Duration lease = Duration.ofSeconds(6); // taken over within a quarter more
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              seen.add(message.payload());
              go.await();
            },
            options -> options.concurrency(1).lease(lease));
    StreamWorker other = fixture.worker().lease(lease).handler((message, delivery) -> {}).build();
    fixture.closeLater(other);
    fixture.send(2);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 2);
    worker.pause();
    other.start();
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().during(lease.multipliedBy(3).dividedBy(2)).until(() -> seen.size() == 1);
    assertThat(other.stats().takenOver()).isZero();
    worker.resume();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
  }

  @Test
  void aRetryInOrderWaitsForTheResumption() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              seen.add(message.payload());
              if (!delivery.isRedelivery()) {
                throw new IllegalStateException("failed");
              }
            },
            options ->
                options
                    .ordering(Ordering.STRICT)
                    .retry(RetryPolicy.fixed(Duration.ofSeconds(6)).jitter(0)));
    fixture.send(1);
    await().atMost(SOON).until(() -> worker.stats().failed() == 1);
    worker.pause();
    await().during(Duration.ofSeconds(7)).until(() -> seen.size() == 1);
    worker.resume();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
  }

  @Test
  void closesFromAPauseAndHandsBackWhatItKept() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start((message, delivery) -> go.await(), options -> options.concurrency(1));
    fixture.send(2);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 2);
    worker.pause();
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    worker.close();
    assertThat(worker.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(fixture.consumers()).doesNotContain(worker.consumer());
    worker.resume();
    worker.pause();
    assertThat(worker.state()).isEqualTo(LifecycleState.STOPPED);
    Queue<Long> counts = new ConcurrentLinkedQueue<>();
    fixture.start((message, delivery) -> counts.add(delivery.deliveries()), options -> options);
    await().atMost(SOON).untilAsserted(() -> assertThat(counts).containsExactly(1L));
  }

  @Test
  void aPauseBeforeTheStartHoldsFromTheStart() throws Exception {
    fixture.send(3);
    StreamWorker worker =
        fixture.worker().handler((message, delivery) -> seen.add(message.payload())).build();
    fixture.closeLater(worker);
    worker.pause();
    worker.start();
    assertThat(worker.awaitState(LifecycleState.PAUSED, SOON)).isTrue();
    await().during(Duration.ofMillis(300)).until(seen::isEmpty);
    worker.resume();
    await().atMost(SOON).until(() -> seen.size() == 3);
  }

  @Test
  void staysPausedThroughALossOfTheServerAndRecoversAfterwards(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .handler((message, delivery) -> seen.add(message.payload())));
    worker.pause();
    proxy.refuse();
    proxy.reset();
    fixture.send(2);
    await().during(A_WHILE).until(() -> worker.state() == LifecycleState.PAUSED);
    proxy.heal();
    await().during(A_WHILE).until(() -> worker.state() == LifecycleState.PAUSED);
    worker.resume();
    assertThat(worker.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
  }
}
