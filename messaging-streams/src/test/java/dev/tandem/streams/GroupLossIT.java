package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told apart, and what comes back, when a group is lost or others settle its entries. */
@RedisTest
class GroupLossIT {
  private static final Duration LEASE = Duration.ofMillis(900);

  private final Fixture fixture;
  private final Map<String, AtomicInteger> handled = new ConcurrentHashMap<>();
  private final Map<String, Boolean> redelivered = new ConcurrentHashMap<>();

  GroupLossIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  private int times(String payload) {
    AtomicInteger count = handled.get(payload);
    return count == null ? 0 : count.get();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamHandler<String> counting() {
    return (message, delivery) -> {
      redelivered.put(message.payload(), delivery.isRedelivery());
      handled.computeIfAbsent(message.payload(), key -> new AtomicInteger()).incrementAndGet();
    };
  }

  private List<String> marks() {
    return fixture.consumers().stream()
        .filter(name -> name.startsWith(ConsumerName.MARK_PREFIX))
        .toList();
  }

  private void destroyGroup() {
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsAcknowledgedByAnotherWhileItIsHeldIsDoneWith(boolean handlerFails) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              counting().handle(message, delivery);
              go.await();
              if (handlerFails) {
                throw new IllegalStateException("failed");
              }
            },
            options -> options.lease(LEASE).retry(RetryPolicy.none()));
    MessageId id = fixture.send("m");
    await().atMost(SOON).until(() -> handled.containsKey("m"));
    fixture.run("XACK", fixture.stream(), GROUP, id.value());
    await().atMost(SOON).until(() -> worker.stats().leasesLost() == 1);
    go.countDown();

    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
    fixture.send("next");
    await().atMost(SOON).until(() -> handled.containsKey("next"));
    assertThat(handled.get("m")).hasValue(1);
    assertThat(fixture.dead()).hasSizeLessThanOrEqualTo(handlerFails ? 1 : 0);
    assertThat(fixture.dead()).extracting(letter -> letter.originalId()).doesNotContain(id);
    assertThat(recreated()).isZero();
    assertThat(marks()).hasSize(1);
  }

  private long recreated() {
    String name = "tandem.streams.worker.orders.billing.groups-recreated";
    return fixture.redis.metrics().counter(name).getCount();
  }

  @Test
  void whatADeadWorkerHeldComesBackAfterItsGroupWasDestroyed() throws Exception {
    fixture.createGroup();
    fixture.send("first held by the dead");
    fixture.send("second held by the dead");
    assertThat(fixture.readAs("dead", 2)).hasSize(2);
    StreamWorker worker =
        fixture.start(counting(), options -> options.lease(Duration.ofSeconds(4)));
    fixture.send("before");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() >= 1);
    // Time for a look at the group; the dead one's lease is far from over.
    await()
        .atMost(SOON)
        .until(() -> Objects.equals(fixture.run("EXISTS", fixture.keys().sweep().text()), 1L));
    destroyGroup();
    fixture.send("after");

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 4);
    assertThat(fixture.pending()).isZero();
    assertThat(handled.values()).allSatisfy(count -> assertThat(count).hasValue(1));
    assertThat(redelivered)
        .isEqualTo(
            Map.of(
                "first held by the dead", true,
                "second held by the dead", true,
                "before", false,
                "after", false));
    assertThat(marks()).hasSize(1);
  }

  @Test
  void whatADeadWorkerReadSinceTheLastLookComesBackToo() throws Exception {
    StreamWorker worker =
        fixture.start(counting(), options -> options.lease(Duration.ofSeconds(2)).concurrency(1));
    fixture.send("before");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      payloads.add("m" + i);
    }
    // Whether the dead one or the worker gets an entry is left to chance; nothing may be lost.
    for (String payload : payloads) {
      fixture.send(payload);
      fixture.readAs("dead", 1);
    }
    fixture.send("last");
    await().atMost(SOON).until(() -> handled.containsKey("last"));
    destroyGroup();
    fixture.send("after");

    await().atMost(SOON).until(() -> handled.keySet().containsAll(payloads));
    await().atMost(SOON).until(() -> handled.containsKey("after"));
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(handled.values()).allSatisfy(count -> assertThat(count).hasValue(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"$", "0"})
  void retriesThatWaitedComeBackAfterTheGroupWasMadeAgainByHand(String position) throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              counting().handle(message, delivery);
              if (times(message.payload()) == 1 && message.payload().equals("retried")) {
                throw new IllegalStateException("failed");
              }
            },
            options ->
                options.lease(LEASE).retry(RetryPolicy.fixed(Duration.ofSeconds(2)).jitter(0)));
    fixture.send("retried");
    await().atMost(SOON).until(() -> worker.stats().retried() == 1);
    fixture.remakeGroup(position);

    await().atMost(SOON).until(() -> times("retried") >= 2);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    await()
        .atMost(SOON)
        .until(() -> Objects.equals(fixture.run("EXISTS", fixture.keys().due().text()), 0L));
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void manyRetriesThatWaitComeBackToAGroupThatNobodyKnows() throws Exception {
    fixture.createGroup();
    List<MessageId> ids = fixture.send(1_000);
    fixture.readAs(ConsumerName.PARKED, 1_000);
    long due = fixture.redis.serverTime().toEpochMilli();
    for (MessageId id : ids) {
      fixture.run("ZADD", fixture.keys().due().text(), Long.toString(due), id.value());
    }
    destroyGroup();
    fixture.run("XGROUP", "CREATE", fixture.stream(), GROUP, "$");
    StreamWorker worker = fixture.start(counting(), options -> options.lease(LEASE));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1_000);
    assertThat(handled).hasSize(1_000);
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void aMarkThatIsRemovedIsMadeAgainAndNothingComesTwice() throws Exception {
    StreamWorker worker = fixture.start(counting(), options -> options.lease(LEASE));
    fixture.send("before");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    List<String> marks = marks();
    assertThat(marks).hasSize(1);
    fixture.run("XGROUP", "DELCONSUMER", fixture.stream(), GROUP, marks.get(0));
    await().atMost(SOON).until(() -> marks().size() == 1);
    assertThat(marks()).isNotEqualTo(marks);
    fixture.send("after");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(handled.values()).allSatisfy(count -> assertThat(count).hasValue(1));
    assertThat(Replies.number(fixture.run("XLEN", fixture.stream()))).isEqualTo(2);
  }
}
