package dev.tandem.streams.eventstore;

import static dev.tandem.streams.eventstore.EventFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class ProjectionIT {
  private static final String NAME = "totals";
  private static final Duration LEASE = Duration.ofMillis(1_500);

  private final EventFixture fixture;
  private final Projections projections;

  ProjectionIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new EventFixture(server.url(), tenant);
    this.projections = Projections.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private ProjectionBuilder<String> builder() {
    return Projection.builder(fixture.redis, fixture.category)
        .tenant(fixture.tenant)
        .name(NAME)
        .lease(LEASE)
        .drainTimeout(Duration.ofSeconds(5));
  }

  private Projection start(ProjectionBuilder<String> builder) {
    Projection projection = builder.build();
    fixture.closeLater(projection::closeNow);
    projection.start();
    return projection;
  }

  private ProjectionStatus status() {
    return projections.status(fixture.tenant, fixture.category.name(), NAME);
  }

  private void rebuild() {
    projections.rebuild(fixture.tenant, fixture.category.name(), NAME);
  }

  private ProjectionView view() {
    return projections.view(fixture.tenant, fixture.category.name(), NAME);
  }

  private static ViewUpdate count(RecordedEvent<String> event) {
    return ViewUpdate.none().add("all", 1).add(event.aggregateId(), 1);
  }

  private void appendNumbered(String id, int from, int to) {
    fixture.append(id, IntStream.range(from, to).mapToObj(i -> "e" + i).toArray(String[]::new));
  }

  @Test
  void handlesEverythingInOrderAndGoesOnWhereItStood() throws Exception {
    appendNumbered("a", 0, 200);
    ConcurrentLinkedQueue<RecordedEvent<String>> seen = new ConcurrentLinkedQueue<>();
    assertThat(status())
        .isEqualTo(
            new ProjectionStatus(CategoryPosition.BEGINNING, 0, 200, false, Optional.empty()));
    Projection first = start(builder().handler((event, context) -> seen.add(event)));
    await().atMost(SOON).until(() -> seen.size() == 200);
    appendNumbered("b", 0, 100);
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(first.isActive()).isTrue();
    assertThat(first.state()).isEqualTo(LifecycleState.RUNNING);
    assertThat(first.health().status()).isEqualTo(Health.Status.UP);
    assertThat(status().isHeld()).isTrue();
    assertThat(status().handled()).isEqualTo(300);
    first.close();
    assertThat(first.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(status().isHeld()).isFalse();
    appendNumbered("b", 100, 120);
    assertThat(status().lag()).isEqualTo(20);
    start(builder().handler((event, context) -> seen.add(event)));
    await().atMost(SOON).until(() -> seen.size() >= 320);
    assertThat(new ArrayList<>(seen)).isEqualTo(fixture.readCategory());
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(status().position())
        .isEqualTo(fixture.store.last(fixture.tenant, fixture.category, "b", 1).get(0).position());
  }

  @Test
  void aViewChangesWithThePosition() {
    appendNumbered("a", 0, 50);
    appendNumbered("b", 0, 30);
    start(
        builder()
            .viewHandler(
                (event, context) -> {
                  String last = context.view().get("last").orElse("none");
                  ViewUpdate update = count(event).set("last", event.payload()).set("before", last);
                  return event.version() == 10 ? update.remove("before") : update;
                }));
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(view().get(List.of("all", "a", "b", "last", "before", "none")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("all", "80", "a", "50", "b", "30", "last", "e29", "before", "e28"));
    assertThat(view().size()).isEqualTo(5);
  }

  @Test
  void anAdditionToSomethingElseThanANumberChangesNothing() {
    fixture.append("a", "text", "add");
    Projection projection =
        start(
            builder()
                .viewHandler(
                    (event, context) ->
                        event.version() == 1
                            ? ViewUpdate.none().set("field", "text")
                            : ViewUpdate.none().set("other", "x").add("field", 1)));
    await().atMost(SOON).until(() -> projection.failure().isPresent());
    assertThat(projection.failure().orElseThrow().error()).contains("must hold a whole number");
    assertThat(view().get("other")).isEmpty();
    assertThat(status().handled()).isEqualTo(1);
  }

  @Test
  void stopsAtAFailureAndGoesOnWhenToldTo() throws Exception {
    appendNumbered("a", 0, 10);
    AtomicBoolean broken = new AtomicBoolean(true);
    AtomicInteger handled = new AtomicInteger();
    Projection projection =
        start(
            builder()
                .handler(
                    (event, context) -> {
                      if (event.version() == 4 && broken.get()) {
                        throw new IllegalStateException("no room");
                      }
                      handled.incrementAndGet();
                    }));
    assertThat(projection.awaitState(LifecycleState.PAUSED, SOON)).isTrue();
    ProjectionFailure failure = projection.failure().orElseThrow();
    assertThat(failure.aggregateId()).isEqualTo("a");
    assertThat(failure.version()).isEqualTo(4);
    assertThat(failure.error()).isEqualTo("java.lang.IllegalStateException: no room");
    assertThat(failure.position()).isEqualTo(fixture.read("a").get(3).position());
    assertThat(status().failure().orElseThrow().position()).isEqualTo(failure.position());
    assertThat(status().failure().orElseThrow().error()).isEqualTo(failure.error());
    assertThat(status().handled()).isEqualTo(3);
    assertThat(status().isHeld()).isFalse();
    assertThat(projection.health().status()).isEqualTo(Health.Status.DOWN);
    assertThat(projection.isActive()).isFalse();

    assertThat(projection.resume()).isTrue();
    await().atMost(SOON).until(() -> projection.stats().failed() == 2);
    await().atMost(SOON).until(() -> projection.failure().isPresent());
    broken.set(false);
    projection.resume();
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(handled).hasValue(10);
    assertThat(status().failure()).isEmpty();
    assertThat(projection.failure()).isEmpty();
    assertThat(projection.state()).isEqualTo(LifecycleState.RUNNING);
    assertThat(projection.resume()).isFalse();
    await().atMost(SOON).until(() -> projection.stats().handled() == 10);
  }

  @Test
  void triesAgainAsThePolicySaysAndThenSkipsIntoAList() {
    appendNumbered("a", 0, 6);
    fixture.run("XADD", fixture.keys().category().text(), "*", "data", "not an event");
    appendNumbered("a", 6, 8);
    List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());
    Projection projection =
        start(
            builder()
                .retry(RetryPolicy.fixed(Duration.ofMillis(5)).maxDeliveries(3))
                .onFailure(FailureAction.SKIP)
                .viewHandler(
                    (event, context) -> {
                      if (event.version() == 2) {
                        attempts.add(context.attempt());
                        throw new AssertionError("never");
                      }
                      if (event.version() == 5 && context.attempt() == 1) {
                        throw new IllegalStateException("once");
                      }
                      return count(event);
                    }));
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(attempts).containsExactly(1, 2, 3);
    assertThat(view().get("all")).contains("7");
    List<ProjectionFailure> skipped =
        projections.skipped(fixture.tenant, fixture.category.name(), NAME, 10);
    assertThat(skipped).extracting(ProjectionFailure::version).containsExactly(2L, 0L);
    assertThat(skipped.get(0).error()).isEqualTo("java.lang.AssertionError: never");
    assertThat(skipped.get(0).aggregateId()).isEqualTo("a");
    assertThat(skipped.get(1).error()).contains("the entry is not an event");
    assertThat(projection.stats().skipped()).isEqualTo(2);
    await().atMost(SOON).until(() -> projection.stats().handled() == 7);
    assertThat(projection.stats().failed()).isEqualTo(5);
    rebuild();
    assertThat(projections.skipped(fixture.tenant, fixture.category.name(), NAME, 10))
        .hasSizeLessThanOrEqualTo(2);
    await().atMost(SOON).until(() -> projection.stats().skipped() == 4);
  }

  @Test
  void stopsAtAnEventThatCannotBeRead() {
    fixture.append("a", "1", "two");
    EventCategory<Integer> numbers = EventCategory.of("accounts", Serde.json(Integer.class));
    Projection projection =
        Projection.builder(fixture.redis, numbers)
            .tenant(fixture.tenant)
            .name(NAME)
            .retry(RetryPolicy.fixed(Duration.ZERO).maxDeliveries(100))
            .handler((event, context) -> {})
            .build();
    fixture.closeLater(projection::closeNow);
    projection.start();
    await().atMost(SOON).until(() -> projection.failure().isPresent());
    assertThat(projection.failure().orElseThrow().error())
        .contains("cannot read the event at category accounts")
        .contains("aggregate 'a', version 2");
    assertThat(projection.stats().failed()).isEqualTo(1);
  }

  @Test
  void oneIsActiveAndAnotherTakesOverFromOneThatIsClosedOrDies() throws Exception {
    List<Long> tokens = Collections.synchronizedList(new ArrayList<>());
    List<Projection> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(
          start(
              builder()
                  .viewHandler(
                      (event, context) -> {
                        tokens.add(context.token());
                        return count(event);
                      })));
    }
    for (int round = 0; round < 3; round++) {
      appendNumbered("a", 0, 20);
      await().atMost(SOON).until(() -> status().lag() == 0);
      await().atMost(SOON).until(() -> all.stream().filter(Projection::isActive).count() == 1);
      Projection active = all.stream().filter(Projection::isActive).findFirst().orElseThrow();
      all.remove(active);
      all.forEach(standby -> assertThat(standby.health().isUp()).isTrue());
      if (round % 2 == 0) {
        active.closeNow();
      } else {
        active.close();
      }
    }
    assertThat(view().get("all")).contains("60");
    assertThat(tokens).isSorted().hasSizeGreaterThanOrEqualTo(60);
    assertThat(tokens.stream().distinct().count()).isEqualTo(3);
  }

  @Test
  void aProcessThatComesBackLateMovesNothing() throws Exception {
    fixture.append("a", "slow", "next");
    CountDownLatch begun = new CountDownLatch(1);
    Semaphore mayReturn = new Semaphore(0);
    AtomicBoolean knew = new AtomicBoolean();
    Projection late =
        start(
            builder()
                .viewHandler(
                    (event, context) -> {
                      begun.countDown();
                      mayReturn.acquireUninterruptibly();
                      knew.set(context.isLost());
                      return ViewUpdate.none().add("late", 1);
                    }));
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    // As if the process had been away for longer than its lease.
    fixture.run("HSET", stateKey(), "holder", "somebody", "until", "0");
    Projection next = start(builder().viewHandler((event, context) -> count(event)));
    await().atMost(SOON).until(() -> status().lag() == 0);
    await().atMost(SOON).until(() -> !late.isActive());
    mayReturn.release(100);
    await().atMost(SOON).until(() -> late.stats().lost() == 1);
    assertThat(knew).isTrue();
    assertThat(view().get("late")).isEmpty();
    assertThat(view().get("all")).contains("2");
    assertThat(late.isActive()).isFalse();
    assertThat(late.state()).isEqualTo(LifecycleState.RUNNING);
    assertThat(next.isActive()).isTrue();
  }

  @Test
  void whoDoesNotHoldItMovesNothingEvenWhereNobodyElseHasMoved() throws Exception {
    fixture.append("a", "1");
    CountDownLatch begun = new CountDownLatch(1);
    Semaphore mayReturn = new Semaphore(0);
    Projection late =
        start(
            builder()
                .viewHandler(
                    (event, context) -> {
                      begun.countDown();
                      mayReturn.acquire();
                      return count(event);
                    }));
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    String until = Long.toString(fixture.redis.serverTime().plusSeconds(60).toEpochMilli());
    fixture.run("HSET", stateKey(), "holder", "somebody", "until", until, "lease", "60000");
    mayReturn.release(1);
    await().atMost(SOON).until(() -> late.stats().lost() == 1);
    assertThat(status().handled()).isZero();
    assertThat(view().size()).isZero();
  }

  private String stateKey() {
    return fixture.keys().projection(NAME).state().text();
  }

  @Test
  void aHandlerThatTakesLongerThanItsLeaseKeepsIt() throws Exception {
    fixture.append("a", "slow");
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      start(
          builder()
              .lease(Duration.ofSeconds(8)) // looked for every third of that
              .handler(
                  (event, context) -> {
                    calls.incrementAndGet();
                    TimeUnit.SECONDS.sleep(12);
                  }));
    }
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(calls).hasValue(1);
  }

  @Test
  void aRebuildUnderLoadCountsEveryEventOnce() throws Exception {
    AtomicInteger beginnings = new AtomicInteger();
    List<Projection> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(start(builder().viewHandler((event, context) -> count(event))));
    }
    Projection outside =
        start(
            builder()
                .name("outside")
                .handler(
                    new ProjectionHandler<>() {
                      @Override
                      public void handle(RecordedEvent<String> event, ProjectionContext context) {}

                      @Override
                      public void onBeginning(ProjectionContext context) {
                        beginnings.incrementAndGet();
                      }
                    }));
    AtomicBoolean done = new AtomicBoolean();
    Thread appending =
        new Thread(
            () -> {
              for (int i = 0; i < 150; i++) {
                appendNumbered("a" + i % 3, 0, 4);
              }
              done.set(true);
            });
    appending.start();
    int rebuilds = 0;
    // Until one has overtaken a handler, which it may not do at once.
    while (!done.get() || rebuilds < 4 || (lost(all) == 0 && rebuilds < 1_000)) {
      long before = status().handled();
      await().atMost(SOON).until(() -> done.get() || status().handled() > before + 20);
      rebuild();
      rebuilds++;
    }
    appending.join();
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(view().get("all")).contains("600");
    assertThat(view().get("a1")).contains("200");
    assertThat(status().handled()).isEqualTo(600);
    assertThat(lost(all)).isPositive();

    assertThat(beginnings).hasValue(1);
    projections.rebuild(fixture.tenant, fixture.category.name(), "outside");
    await().atMost(SOON).until(() -> beginnings.get() == 2);
    await().atMost(SOON).until(() -> outside.stats().handled() >= 1_200);
  }

  private static long lost(List<Projection> all) {
    return all.stream().mapToLong(one -> one.stats().lost()).sum();
  }

  @Test
  void closingWaitsForTheHandlerAndMovesPastItsEvent() throws Exception {
    fixture.append("a", "1", "2");
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    Projection projection =
        start(
            builder()
                .handler(
                    (event, context) -> {
                      begun.countDown();
                      closing.await();
                    }));
    projection.addListener(
        (from, to) -> {
          if (to == LifecycleState.DRAINING) {
            closing.countDown();
          }
        });
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    projection.close();
    assertThat(status().handled()).isEqualTo(1);
    assertThat(status().isHeld()).isFalse();
  }

  @Test
  void aHandlerThatHangsIsInterruptedAfterTheDrainTime() throws Exception {
    fixture.append("a", "1");
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    Projection projection =
        start(
            builder()
                .drainTimeout(Duration.ofMillis(100))
                .handler(
                    (event, context) -> {
                      begun.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } finally {
                        interrupted.countDown();
                      }
                    }));
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    projection.close();
    assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(projection.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(projection.failure()).isEmpty();
    assertThat(status().handled()).isZero();
  }

  @Test
  void aHandlerMayCloseItsProjection() throws Exception {
    fixture.append("a", "1", "2");
    AtomicInteger calls = new AtomicInteger();
    Projection[] self = new Projection[1];
    self[0] =
        builder()
            .handler(
                (event, context) -> {
                  calls.incrementAndGet();
                  self[0].close();
                })
            .build();
    fixture.closeLater(self[0]::closeNow);
    self[0].start();
    assertThat(self[0].awaitState(LifecycleState.STOPPED, SOON)).isTrue();
    assertThat(calls).hasValue(1);
    assertThat(status().handled()).isEqualTo(1);
  }

  @Test
  void garbageInItsKeysIsTroubleThatPasses() {
    fixture.append("a", "1");
    fixture.run("SET", stateKey(), "x");
    Projection projection = start(builder().viewHandler((event, context) -> count(event)));
    await().atMost(SOON).until(() -> projection.state() == LifecycleState.RECOVERING);
    fixture.run("DEL", stateKey());
    await().atMost(SOON).until(() -> status().lag() == 0);
    String view = fixture.keys().projection(NAME).view().text();
    fixture.run("DEL", view);
    fixture.run("SET", view, "x");
    fixture.append("a", "2");
    await().atMost(SOON).until(() -> projection.failure().isPresent());
    assertThat(projection.failure().orElseThrow().error()).contains("WRONGTYPE");
    assertThat(status().handled()).isEqualTo(1);
    fixture.run("DEL", view);
    projection.resume();
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(view().get("all")).contains("1");
    assertThat(Replies.number(fixture.run("EXISTS", view))).isEqualTo(1);
  }

  @Test
  void refusesBadOptionsByName() {
    refused("projection", () -> builder().name("a:b"));
    refused("lease", () -> builder().lease(Duration.ofMillis(99)));
    refused("drainTimeout", () -> builder().drainTimeout(Duration.ofMillis(-1)));
    refused("handler", () -> builder().build());
    refused(
        "handler", () -> builder().handler((e, c) -> {}).viewHandler((e, c) -> ViewUpdate.none()));
    refused(
        "tenant",
        () ->
            Projection.builder(fixture.redis, fixture.category)
                .name(NAME)
                .handler((e, c) -> {})
                .build());
    refused("view field", () -> ViewUpdate.none().set("", "x"));
    refused("view field", () -> ViewUpdate.none().set("a", "x").add("a", 1));
    refused("length of view value", () -> ViewUpdate.none().set("a", "x".repeat(1_048_577)));
    refused("amount", () -> ViewUpdate.none().add("a", ViewUpdate.MOST_ADDED).add("a", 1));
    refused("most", () -> projections.skipped(fixture.tenant, fixture.category.name(), NAME, 0));
    refused("category", () -> projections.status(fixture.tenant, "a*", NAME));
    Projection closed = builder().handler((e, c) -> {}).build();
    closed.close();
    assertThatThrownBy(closed::start).isInstanceOf(IllegalStateException.class);
  }

  private static void refused(String what, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidValueException.class, error -> assertThat(error.what()).isEqualTo(what));
  }
}
