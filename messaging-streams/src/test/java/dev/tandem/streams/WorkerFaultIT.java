package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker does when replies, connections, groups or the server itself are lost. */
@RedisTest(dedicated = true, appendOnly = true)
class WorkerFaultIT {
  private static final Duration LONG_LEASE = Duration.ofMinutes(10);

  private final RedisServer server;
  private final Fixture fixture;
  private final Map<String, AtomicInteger> handled = new ConcurrentHashMap<>();
  private final Map<String, Long> deliveries = new ConcurrentHashMap<>();

  WorkerFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamHandler<String> counting() {
    return (message, delivery) -> {
      deliveries.put(message.payload(), delivery.deliveries());
      handled.computeIfAbsent(message.payload(), key -> new AtomicInteger()).incrementAndGet();
    };
  }

  private StreamWorker throughProxy(FaultProxy proxy, StreamHandler<String> handler)
      throws InterruptedException {
    return fixture.start(
        fixture
            .worker(fixture.connection(proxy.url()))
            .lease(LONG_LEASE)
            .retry(RetryPolicy.fixed(Duration.ofMillis(50)).jitter(0))
            .handler(handler));
  }

  @Test
  void whatALostReadReplyDeliveredIsTakenAtOnceWithoutCountingIt(FaultProxy proxy)
      throws Exception {
    StreamWorker worker = throughProxy(proxy, counting());
    fixture.send("first");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    proxy.executeButDropReply(line -> line.startsWith("XREADGROUP"));
    // The rule concerns the next request; the one that waits now takes this message.
    fixture.send("second");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    fixture.send("third");

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(deliveries).isEqualTo(Map.of("first", 1L, "second", 1L, "third", 1L));
    assertThat(worker.stats().redelivered()).isZero();
    await().atMost(SOON).until(() -> worker.state() == LifecycleState.RUNNING);
  }

  @Test
  void anAcknowledgementWhoseReplyIsLostIsRepeatedAndNothingIsHandledTwice(FaultProxy proxy)
      throws Exception {
    StreamWorker worker = throughProxy(proxy, counting());
    proxy.executeButDropReply(line -> line.startsWith("XACK"));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(fixture.pending()).isZero();
    assertThat(handled.get("m")).hasValue(1);
  }

  @Test
  void aRetryWhoseReplyIsLostHappensOnce(FaultProxy proxy) throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        throughProxy(
            proxy,
            (message, delivery) -> {
              runs.incrementAndGet();
              if (delivery.isRedelivery()) {
                return;
              }
              if (message.payload().equals("lost")) {
                proxy.executeButDropReply(
                    line -> line.startsWith("EVALSHA") && line.endsWith("50 tandem-parked"));
              }
              throw new IllegalStateException("failed");
            });
    fixture.send("the server knows the script from here on");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    fixture.send("lost");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(runs).hasValue(4);
    assertThat(fixture.pending()).isZero();
    await().atMost(SOON).until(() -> worker.stats().retried() == 2);
    assertThat(worker.stats().leasesLost()).isZero();
  }

  @Test
  void aDeadLetterWhoseReplyIsLostIsWrittenOnce(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .lease(LONG_LEASE)
                .retry(RetryPolicy.none())
                .handler(
                    (message, delivery) -> {
                      if (message.payload().equals("lost")) {
                        proxy.executeButDropReply(line -> line.contains("MAX_DELIVERIES"));
                      }
                      throw new IllegalStateException("failed");
                    }));
    fixture.send("the server knows the script from here on");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    fixture.send("lost");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 2);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(fixture.dead()).hasSize(2);
    assertThat(worker.stats().leasesLost()).isZero();
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void whatALostPromotionTookIsTakenAtOnce(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .lease(LONG_LEASE)
                .retry(RetryPolicy.fixed(Duration.ofSeconds(3)).jitter(0))
                .handler(
                    (message, delivery) -> {
                      counting().handle(message, delivery);
                      if (!delivery.isRedelivery()) {
                        throw new IllegalStateException("failed");
                      }
                    }));
    fixture.send("the server knows the script from here on");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().retried() == 2);
    proxy.executeButDropReply(
        line -> line.matches("EVALSHA.* tandem-parked tandem-mark-\\S+ \\d+ \\d+") && isDue());
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(deliveries).containsEntry("m", 2L);
    assertThat(handled.get("m")).hasValue(2);
  }

  private boolean isDue() {
    String now = Long.toString(fixture.redis.serverTime().toEpochMilli());
    return Replies.number(fixture.run("ZCOUNT", fixture.keys().due().text(), "-inf", now)) > 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "DEL", "XGROUP"})
  void aGroupLostWhileBlockedIsMadeAgain(String how) throws Exception {
    StreamWorker worker = fixture.start(counting(), options -> options.lease(LONG_LEASE));
    fixture.send("before");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    switch (how) {
      case "DEL" -> fixture.run("DEL", fixture.stream());
      case "XGROUP" -> fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      default -> fixture.run("FLUSHALL");
    }
    fixture.send("after");

    await().atMost(SOON).until(() -> handled.containsKey("after"));
    await().atMost(SOON).until(() -> worker.state() == LifecycleState.RUNNING);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(handled.get("before")).hasValue(1);
    assertThat(handled.get("after")).hasValue(1);
    assertThat(
            fixture
                .redis
                .metrics()
                .counter("tandem.streams.worker.orders.billing.groups-recreated")
                .getCount())
        .isEqualTo(1);
  }

  @Test
  void aLostGroupGetsBackWhatIsHeldAndWhatWaitsForARetry() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamHandler<String> handler =
        (message, delivery) -> {
          if (message.payload().equals("retried") && delivery.deliveries() < 2) {
            throw new IllegalStateException("later");
          }
          if (message.payload().startsWith("held")) {
            go.await();
          }
          if (message.payload().equals("held and failing") && delivery.deliveries() < 2) {
            throw new IllegalStateException("failed after the group was lost");
          }
          counting().handle(message, delivery);
        };
    RetryPolicy slow = RetryPolicy.fixed(Duration.ofSeconds(2)).jitter(0);
    StreamWorker one =
        fixture.start(
            handler, options -> options.lease(Duration.ofSeconds(15)).concurrency(4).retry(slow));
    StreamWorker two =
        fixture.start(handler, options -> options.lease(Duration.ofSeconds(15)).retry(slow));
    fixture.send("retried");
    await().atMost(SOON).until(() -> one.stats().retried() + two.stats().retried() == 1);
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      payloads.add("held " + i);
    }
    payloads.add("held and failing");
    List<String> held = payloads.stream().map(payload -> fixture.send(payload).value()).toList();
    await().atMost(SOON).until(() -> one.stats().inFlight() + two.stats().inFlight() >= 11);
    EntryId surelyKnown = least(lastOf(one), lastOf(two));
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    fixture.send("after");
    await()
        .atMost(SOON)
        .ignoreException(ServerErrorException.class) // until the group is there again
        .untilAsserted(
            () -> {
              List<String> pending = new ArrayList<>(fixture.pendingOf(one.consumer()));
              pending.addAll(fixture.pendingOf(two.consumer()));
              assertThat(pending).containsAll(held);
            });
    go.countDown();

    await().atMost(SOON).until(() -> handled.size() == 13);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    // The worker that makes the group again does so where it last saw it. What only the other one
    // had been given since may come twice, nothing else may.
    handled.forEach(
        (payload, count) -> {
          int entry = payloads.indexOf(payload);
          boolean mayComeTwice =
              entry >= 0 && EntryId.parse(held.get(entry)).compareTo(surelyKnown) > 0;
          assertThat(count.get())
              .as("%s of %s, known up to %s", payload, held, surelyKnown)
              .isBetween(1, mayComeTwice ? 2 : 1);
        });
    assertThat(deliveries).containsEntry("retried", 2L).containsKey("held and failing");
    assertThat(fixture.dead()).isEmpty();
  }

  private EntryId lastOf(StreamWorker worker) {
    List<String> ids = fixture.pendingOf(worker.consumer());
    return ids.isEmpty() ? EntryId.NONE : EntryId.parse(ids.get(ids.size() - 1));
  }

  private static EntryId least(EntryId one, EntryId other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  @Test
  void aWorkerTooFullToReadNoticesThatItsGroupWasMadeAgainByAnother() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamHandler<String> handler =
        (message, delivery) -> {
          if (message.payload().startsWith("held")) {
            go.await();
          }
          counting().handle(message, delivery);
        };
    StreamWorker full = fixture.start(handler, options -> options.lease(LONG_LEASE).concurrency(1));
    fixture.send("held running");
    fixture.send("held buffered");
    await().atMost(SOON).until(() -> full.stats().inFlight() == 2);
    StreamWorker other = fixture.start(handler, options -> options.lease(LONG_LEASE));
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    fixture.send("after");
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 1);

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(fixture.pendingOf(full.consumer())).hasSize(2));
    go.countDown();
    await().atMost(SOON).until(() -> full.stats().acknowledged() == 2);
    assertThat(handled).hasSize(3);
    assertThat(handled.values()).allSatisfy(count -> assertThat(count).hasValue(1));
    assertThat(full.stats().leasesLost()).isZero();
  }

  @Test
  void whatFailsAfterItsDataWasFlushedIsReportedLost() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("after")) {
                return;
              }
              go.await();
              throw new IllegalStateException("failed");
            },
            options -> options.concurrency(4).lease(LONG_LEASE));
    MessageId id = fixture.send("flushed");
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 1);
    fixture.run("FLUSHALL");
    fixture.send("after");
    await().atMost(SOON).until(() -> worker.stats().handled() == 1);
    go.countDown();
    await().atMost(SOON).until(() -> worker.stats().lost() == 1);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.originalId()).isEqualTo(id);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.PAYLOAD_LOST);
  }

  @Test
  void aKilledServerThatComesBackLosesNothing() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              TimeUnit.MILLISECONDS.sleep(2);
              counting().handle(message, delivery);
            },
            options -> options.concurrency(2).lease(Duration.ofSeconds(1)));
    List<MessageId> ids = fixture.send(300);
    await().atMost(SOON).until(() -> worker.stats().handled() > 50);
    server.kill();
    assertThat(worker.awaitState(LifecycleState.RECOVERING, SOON)).isTrue();
    server.restart();
    assertThat(worker.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
    await().atMost(Duration.ofSeconds(60)).until(() -> handled.size() == ids.size());
    await().atMost(SOON).until(() -> fixture.pending() == 0);
  }

  @Test
  void startsWhileTheServerIsAway() throws Exception {
    server.stop();
    StreamWorker worker = fixture.worker().handler(counting()).build();
    try {
      worker.start();
      assertThat(worker.awaitState(LifecycleState.RECOVERING, SOON)).isTrue();
      server.restart();
      assertThat(worker.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
      await().atMost(SOON).ignoreExceptions().until(() -> fixture.send("m") != null);
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    } finally {
      worker.closeNow();
    }
  }

  @Test
  void closeKeepsItsDrainTimeWhileTheServerIsFrozen() throws Exception {
    StreamWorker worker =
        fixture.start(counting(), options -> options.drainTimeout(Duration.ofSeconds(1)));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    server.pause();
    long start = System.nanoTime();
    worker.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(worker.state()).isEqualTo(LifecycleState.STOPPED);
    server.resume();
  }

  @Test
  void aWorkerCutOffForLongerThanItsLeaseDoesNotStartWhatOthersTook(FaultProxy proxy)
      throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger first = new AtomicInteger();
    Duration lease = Duration.ofMillis(600);
    StreamWorker cutOff =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .lease(lease)
                .concurrency(1)
                .handler(
                    (message, delivery) -> {
                      first.incrementAndGet();
                      go.await();
                    }));
    fixture.send("running");
    fixture.send("buffered");
    await().atMost(SOON).until(() -> cutOff.stats().inFlight() == 2);
    proxy.blackHole();
    StreamWorker other = fixture.start(counting(), options -> options.lease(lease));
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 2);
    go.countDown();
    await().atMost(SOON).until(() -> cutOff.stats().handled() == 1);
    proxy.heal();
    await().atMost(SOON).until(() -> cutOff.state() == LifecycleState.RUNNING);
    await().atMost(SOON).until(() -> cutOff.stats().inFlight() == 0);
    assertThat(first).hasValue(1);
    assertThat(other.stats().takenOver()).isEqualTo(2);
  }
}
