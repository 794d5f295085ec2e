package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handlers that are called with many messages. */
@RedisTest
class BatchHandlerIT {
  private final Fixture fixture;

  BatchHandlerIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static List<String> payloads(Batch<String> batch) {
    return batch.deliveries().stream().map(delivery -> delivery.message().payload()).toList();
  }

  private void sendAll(Tenant tenant, int count) {
    fixture.sendTogether(
        tenant, IntStream.range(0, count).mapToObj(i -> Message.of("t", "m" + i)).toList());
  }

  @Test
  void fullBatchesAreHandledAtOnceAndTheRestAfterAWhile() throws Exception {
    sendAll(fixture.tenant, 25);
    Queue<List<String>> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(1)
                .batchHandler(batch -> seen.add(payloads(batch)), 10, Duration.ofSeconds(10)));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() >= 20);
    assertThat(seen).hasSize(2);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 25);
    assertThat(seen).extracting(List::size).containsExactly(10, 10, 5);
    assertThat(seen.stream().flatMap(List::stream)).hasSize(25).doesNotHaveDuplicates();
    assertThat(worker.stats().handled()).isEqualTo(25);
  }

  @Test
  void withoutAWaitABatchIsWhatIsThere() throws Exception {
    AtomicInteger largest = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(2)
                .batchHandler(
                    batch -> largest.accumulateAndGet(batch.deliveries().size(), Math::max),
                    50,
                    Duration.ZERO));
    fixture.send("alone");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    sendAll(fixture.tenant, 2_000);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2_001);
    assertThat(largest.get()).isBetween(2, 50);
  }

  @Test
  void aBatchIsOfOneStream(@UniqueTenant String a, @UniqueTenant String b) throws Exception {
    Tenant second = Tenant.of(b);
    Set<Set<Tenant>> mixtures = ConcurrentHashMap.newKeySet();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .tenant(second)
                .batchHandler(
                    batch ->
                        mixtures.add(
                            Set.copyOf(batch.deliveries().stream().map(Delivery::tenant).toList())),
                    20,
                    Duration.ofMillis(50)));
    sendAll(fixture.tenant, 100);
    sendAll(second, 100);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 200);
    assertThat(mixtures).containsOnly(Set.of(fixture.tenant), Set.of(second));
    assertThat(a).isNotEqualTo(b);
  }

  @Test
  void eachMessageHasItsOwnOutcomeAndTheRestThatOfTheCall() throws Exception {
    Map<String, Queue<Long>> seen = new ConcurrentHashMap<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(1)
                .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3))
                .batchHandler(
                    batch -> {
                      boolean fail = false;
                      for (Delivery<String> delivery : batch.deliveries()) {
                        String payload = delivery.message().payload();
                        seen.computeIfAbsent(payload, p -> new ConcurrentLinkedQueue<>())
                            .add(delivery.deliveries());
                        switch (payload) {
                          case "done" -> batch.acknowledge(delivery);
                          case "retried" -> {
                            if (delivery.isRedelivery()) {
                              batch.acknowledge(delivery);
                            } else {
                              batch.retry(delivery, Duration.ofMillis(1));
                            }
                          }
                          case "always retried" -> batch.retry(delivery, Duration.ofMillis(1));
                          case "rejected" -> batch.reject(delivery, "no such order");
                          default -> fail |= !delivery.isRedelivery();
                        }
                      }
                      if (fail) {
                        throw new IllegalStateException("halfway");
                      }
                    },
                    10,
                    Duration.ofMillis(300)));
    for (String payload : List.of("done", "retried", "always retried", "rejected", "undecided")) {
      fixture.send(payload);
    }

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    await().atMost(SOON).until(() -> fixture.dead().size() == 2);
    assertThat(seen.get("done")).containsExactly(1L);
    assertThat(seen.get("retried")).containsExactly(1L, 2L);
    assertThat(seen.get("always retried")).containsExactly(1L, 2L, 3L);
    assertThat(seen.get("rejected")).containsExactly(1L);
    assertThat(seen.get("undecided")).containsExactly(1L, 2L);
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason, DeadLetter::error)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(DeadLetterReason.REJECTED, "no such order"),
            org.assertj.core.groups.Tuple.tuple(DeadLetterReason.MAX_DELIVERIES, ""));
    await().atMost(SOON).until(() -> fixture.pending() == 0);
  }

  @Test
  void whatIsNotReadableIsNotInTheBatch() throws Exception {
    fixture.run("XADD", fixture.stream(), "1-0", "no", "data");
    fixture.send("good");
    fixture.run("XADD", fixture.stream(), "*", "no", "data");
    List<List<String>> seen = new CopyOnWriteArrayList<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .batchHandler(batch -> seen.add(payloads(batch)), 3, Duration.ofMillis(100)));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 2);
    assertThat(seen).containsExactly(List.of("good"));
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason)
        .containsOnly(DeadLetterReason.NOT_READABLE);
  }

  @Test
  void nothingCanBeSaidAfterwardsOrAboutOthers() throws Exception {
    AtomicReference<Batch<String>> kept = new AtomicReference<>();
    AtomicReference<Throwable> strange = new AtomicReference<>();
    AtomicReference<Delivery<String>> first = new AtomicReference<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(1)
                .batchHandler(
                    batch -> {
                      Delivery<String> earlier = first.getAndSet(batch.deliveries().get(0));
                      if (earlier != null) {
                        try {
                          batch.reject(earlier, "not here");
                        } catch (RuntimeException e) {
                          strange.set(e);
                        }
                      }
                      kept.set(batch);
                    },
                    1,
                    Duration.ZERO));
    fixture.send(2);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(strange.get()).isInstanceOf(InvalidValueException.class);
    Batch<String> batch = java.util.Objects.requireNonNull(kept.get());
    assertThatThrownBy(() -> batch.acknowledge(batch.deliveries().get(0)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> batch.retry(batch.deliveries().get(0), Duration.ofDays(31)))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void whatWaitsForItsBatchIsHandedBackUncounted() throws Exception {
    StreamWorker worker =
        fixture.start(fixture.worker().batchHandler(batch -> {}, 100, Duration.ofMinutes(1)));
    fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 3);
    worker.close();
    Queue<Long> counts = new ConcurrentLinkedQueue<>();
    fixture.start((message, delivery) -> counts.add(delivery.deliveries()), options -> options);
    await().atMost(SOON).untilAsserted(() -> assertThat(counts).containsExactly(1L, 1L, 1L));
  }

  @Test
  void badOptionsAreRefused() {
    StreamWorkerBuilder<String> builder = fixture.worker();
    BatchHandler<String> handler = batch -> {};
    assertThatThrownBy(() -> builder.batchHandler(handler, 0, Duration.ZERO))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("batch size");
    assertThatThrownBy(() -> builder.batchHandler(handler, 1, Duration.ofHours(1)))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("batch wait");
    assertThatThrownBy(
            () -> builder.batchHandler(handler, 10_000, Duration.ZERO).concurrency(11).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("100000");
    assertThatThrownBy(
            () ->
                fixture
                    .worker()
                    .batchHandler(handler, 10, Duration.ZERO)
                    .ordering(Ordering.BY_KEY)
                    .build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("ordering");
  }
}
