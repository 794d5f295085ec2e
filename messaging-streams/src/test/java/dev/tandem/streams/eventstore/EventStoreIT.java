package dev.tandem.streams.eventstore;

import static dev.tandem.streams.eventstore.EventFixture.events;
import static dev.tandem.streams.eventstore.EventFixture.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RedisTest
class EventStoreIT {
  private final EventFixture fixture;
  private final EventStore store;
  private final Tenant tenant;
  private final EventCategory<String> category;

  EventStoreIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new EventFixture(server.url(), tenant);
    this.store = fixture.store;
    this.tenant = fixture.tenant;
    this.category = fixture.category;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void givesBackWhatWasAppended() {
    AppendResult first = fixture.append("a", ExpectedVersion.none(), "opened", "paid in");
    AppendResult second =
        store.append(
            tenant,
            category,
            "a",
            ExpectedVersion.exactly(2),
            List.of(Message.of("closed", "bye").key("k").header("user", "ann")));
    fixture.append("b", ExpectedVersion.none(), "opened");

    assertThat(first.firstVersion()).isEqualTo(1);
    assertThat(first.version()).isEqualTo(2);
    assertThat(first.repeated()).isFalse();
    assertThat(second.version()).isEqualTo(3);
    assertThat(second.position()).isGreaterThan(first.position());
    List<RecordedEvent<String>> events = fixture.read("a");
    assertThat(events).extracting(RecordedEvent::version).containsExactly(1L, 2L, 3L);
    assertThat(events)
        .extracting(RecordedEvent::payload)
        .containsExactly("opened", "paid in", "bye");
    assertThat(events.get(2).message().key()).isEqualTo("k");
    assertThat(events.get(2).message().headers().get("user")).contains("ann");
    assertThat(events.get(2).position()).isEqualTo(second.position());
    assertThat(events.get(2).time())
        .isBetween(
            fixture.redis.serverTime().minus(Duration.ofMinutes(1)), fixture.redis.serverTime());
    assertThat(store.version(tenant, category, "a")).isEqualTo(3);
    assertThat(store.exists(tenant, category, "b")).isTrue();
    assertThat(store.exists(tenant, category, "c")).isFalse();
    assertThat(fixture.read("c")).isEmpty();
    List<RecordedEvent<String>> all = new ArrayList<>(events);
    all.addAll(fixture.read("b"));
    assertThat(fixture.readCategory()).isEqualTo(all);
  }

  @Test
  void refusesWhatIsNotExpected() {
    fixture.append("a", "1", "2");
    for (ExpectedVersion wrong :
        List.of(ExpectedVersion.none(), ExpectedVersion.exactly(1), ExpectedVersion.exactly(3))) {
      assertThatThrownBy(() -> fixture.append("a", wrong, "x"))
          .isInstanceOfSatisfying(
              VersionConflictException.class,
              conflict -> {
                assertThat(conflict.expected()).isEqualTo(wrong);
                assertThat(conflict.actual()).isEqualTo(2);
                assertThat(conflict.code()).isEqualTo(ErrorCode.VERSION_CONFLICT);
                assertThat(conflict.retryable()).isFalse();
                assertThat(conflict.tenant()).contains(tenant.name());
                assertThat(conflict.destination()).contains("accounts");
              })
          .hasMessage("aggregate 'a' of category accounts is at version 2, expected " + wrong);
    }
    assertThatThrownBy(() -> fixture.append("b", ExpectedVersion.exactly(1), "x"))
        .isInstanceOfSatisfying(
            VersionConflictException.class, error -> assertThat(error.actual()).isZero());
    assertThat(fixture.readCategory()).hasSize(2);
    assertThat(store.exists(tenant, category, "b")).isFalse();
  }

  @Test
  void aRepeatedCommandGivesTheSameResultAsLongAsItIsRemembered() {
    AppendResult first =
        store.append(tenant, category, "a", ExpectedVersion.none(), "c-1", events("1", "2"));
    for (int i = 1; i < EventStore.COMMANDS_REMEMBERED; i++) {
      fixture.append("a", "more");
    }
    AppendResult again =
        store.append(tenant, category, "a", ExpectedVersion.none(), "c-1", events("1", "2"));
    assertThat(again)
        .isEqualTo(new AppendResult(first.firstVersion(), first.version(), first.position(), true));
    assertThatThrownBy(
            () -> store.append(tenant, category, "a", ExpectedVersion.none(), "c-1", events("1")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("command id was 'c-1': has appended 2 other events to this aggregate");
    assertThat(
            store
                .append(tenant, category, "other", ExpectedVersion.none(), "c-1", events("1"))
                .repeated())
        .isFalse();
    fixture.append("a", "one too many");
    assertThatThrownBy(
            () ->
                store.append(
                    tenant, category, "a", ExpectedVersion.none(), "c-1", events("1", "2")))
        .isInstanceOf(VersionConflictException.class);
    for (String part : List.of("c", "-1", "1", "c-")) {
      assertThat(
              store
                  .append(tenant, category, "a", ExpectedVersion.any(), part, events("1", "2"))
                  .repeated())
          .isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void noVersionIsLostOrGivenTwice(long seed) throws Exception {
    System.out.println("seed " + seed);
    int threads = 6;
    int each = 60;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<Integer>> results = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int thread = t;
      results.add(pool.submit(() -> appendMany(new Random(seed + thread), thread, each)));
    }
    int conflicts = 0;
    for (Future<Integer> result : results) {
      conflicts += result.get(60, TimeUnit.SECONDS);
    }
    pool.shutdown();
    List<RecordedEvent<String>> all = new ArrayList<>();
    for (String id : List.of("x", "y")) {
      List<RecordedEvent<String>> events = fixture.read(id);
      assertThat(events)
          .extracting(RecordedEvent::version)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, events.size()).boxed().toList());
      all.addAll(events);
    }
    assertThat(all.stream().map(RecordedEvent::payload).distinct()).hasSize(threads * each);
    assertThat(all).hasSize(threads * each);
    assertThat(conflicts).as("conflicts, seed %d", seed).isPositive();
    List<RecordedEvent<String>> byPosition = fixture.readCategory();
    assertThat(byPosition).hasSize(all.size()).containsAll(all);
    assertThat(byPosition).extracting(RecordedEvent::position).isSorted().doesNotHaveDuplicates();
  }

  /** Appends, each time at the version that was read; how often that was not the version. */
  private int appendMany(Random random, int thread, int count) {
    int conflicts = 0;
    int done = 0;
    while (done < count) {
      String id = random.nextBoolean() ? "x" : "y";
      int batch = Math.min(count - done, 1 + random.nextInt(3));
      String[] payloads = new String[batch];
      for (int i = 0; i < batch; i++) {
        payloads[i] = thread + "/" + (done + i);
      }
      try {
        long version = store.version(tenant, category, id);
        AppendResult result = fixture.append(id, ExpectedVersion.exactly(version), payloads);
        assertThat(result.firstVersion()).isEqualTo(version + 1);
        done += batch;
      } catch (VersionConflictException e) {
        conflicts++;
      }
    }
    return conflicts;
  }

  @Test
  void readsInPagesFromAnyVersionAndFromTheEnd() {
    for (int from = 0; from < 700; from += 100) {
      int start = from;
      fixture.append(
          "a", IntStream.range(start, start + 100).mapToObj(i -> "e" + i).toArray(String[]::new));
    }
    assertThat(fixture.payloads("a"))
        .containsExactlyElementsOf(IntStream.range(0, 700).mapToObj(i -> "e" + i).toList());
    assertThat(list(store.read(tenant, category, "a", 691)))
        .extracting(RecordedEvent::version)
        .containsExactlyElementsOf(LongStream.rangeClosed(691, 700).boxed().toList());
    assertThat(list(store.read(tenant, category, "a", 701))).isEmpty();
    assertThat(store.last(tenant, category, "a", 3))
        .extracting(RecordedEvent::version)
        .containsExactly(700L, 699L, 698L);
    assertThat(store.last(tenant, category, "a", 1_000)).hasSize(700);
    assertThat(store.last(tenant, category, "none", 5)).isEmpty();
    assertThat(fixture.readCategory()).hasSize(700);
    CategoryPosition middle = fixture.read("a").get(349).position();
    List<RecordedEvent<String>> after = list(store.readCategory(tenant, category, middle));
    assertThat(after).hasSize(350);
    assertThat(after.get(0).version()).isEqualTo(351);
    Instant time = middle.time();
    assertThat(list(store.readCategory(tenant, category, time)))
        .isEqualTo(fixture.readCategory().stream().filter(e -> !e.time().isBefore(time)).toList());
    assertThat(list(store.readCategory(tenant, category, time.plus(Duration.ofDays(1))))).isEmpty();
    assertThat(CategoryPosition.parse(middle.toString())).isEqualTo(middle);
  }

  @Test
  void largeEventsComeInSmallPages() {
    String large = "x".repeat(900_000);
    for (int i = 0; i < 12; i++) {
      fixture.append("a", large + i);
    }
    assertThat(fixture.payloads("a")).hasSize(12).last().isEqualTo(large + 11);
    assertThatThrownBy(() -> fixture.append("a", "x".repeat((1 << 20) + 1)))
        .isInstanceOf(InvalidValueException.class);
    String[] tooMuch = Collections.nCopies(17, "x".repeat(1 << 20)).toArray(String[]::new);
    assertThatThrownBy(() -> fixture.append("a", tooMuch))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("must be at most " + EventStore.MOST_BYTES);
    assertThat(store.version(tenant, category, "a")).isEqualTo(12);
  }

  @Test
  void aDeletedAggregateNeverComesBack() {
    fixture.append("a", "1", "2");
    store.saveSnapshot(tenant, category, "a", 2, "state", Serde.string());
    assertThatThrownBy(() -> store.delete(tenant, category, "a", ExpectedVersion.exactly(1)))
        .isInstanceOf(VersionConflictException.class);
    assertThat(fixture.read("a")).hasSize(2);
    Iterator<RecordedEvent<String>> reading = store.read(tenant, category, "a").iterator();
    reading.next();

    assertThat(store.delete(tenant, category, "a", ExpectedVersion.exactly(2))).isTrue();
    assertThat(store.delete(tenant, category, "a", ExpectedVersion.exactly(2))).isFalse();
    assertThat(store.delete(tenant, category, "never", ExpectedVersion.any())).isFalse();
    assertThatThrownBy(() -> store.delete(tenant, category, "never", ExpectedVersion.exactly(3)))
        .isInstanceOf(VersionConflictException.class);
    assertThat(reading.next().version()).isEqualTo(2);
    assertThatThrownBy(reading::hasNext)
        .isInstanceOf(MessagingException.class)
        .hasMessageContaining("deleted while it was read");
    assertThat(fixture.read("a")).isEmpty();
    assertThat(store.last(tenant, category, "a", 10)).isEmpty();
    assertThat(store.version(tenant, category, "a")).isZero();
    assertThat(store.exists(tenant, category, "a")).isFalse();
    assertThat(store.loadSnapshot(tenant, category, "a", Serde.string())).isEmpty();
    assertThat(fixture.readCategory()).hasSize(2);
    for (ExpectedVersion any :
        List.of(ExpectedVersion.any(), ExpectedVersion.none(), ExpectedVersion.exactly(2))) {
      assertThatThrownBy(() -> fixture.append("a", any, "x"))
          .isInstanceOfSatisfying(
              VersionConflictException.class, conflict -> assertThat(conflict.isDeleted()).isTrue())
          .hasMessageContaining("was deleted at version 2");
    }
    assertThatThrownBy(() -> store.saveSnapshot(tenant, category, "a", 1, "s", Serde.string()))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void anAggregateIdIsAnyTextAndNeverLeavesItsPlace() {
    List<String> ids =
        List.of(
            "a",
            "a:meta",
            "a:snapshot",
            "A",
            "%3A",
            ":",
            "{x}",
            "*",
            "[a-z]?",
            "ann+test@example.org",
            "a b",
            "ä",
            "😀",
            "../..",
            "x".repeat(256),
            "é".repeat(256));
    ids.forEach(id -> fixture.append(id, ExpectedVersion.none(), "of " + id));
    ids.forEach(id -> assertThat(fixture.payloads(id)).containsExactly("of " + id));
    assertThat(fixture.readCategory())
        .extracting(RecordedEvent::aggregateId)
        .containsExactlyElementsOf(ids);
    assertThat(new HashSet<>(ids.stream().map(id -> fixture.keys(id).toString()).toList()))
        .hasSameSizeAs(ids)
        .allSatisfy(
            key ->
                assertThat(key)
                    .matches("\\Q" + fixture.keys() + ":aggregate:\\E[a-zA-Z0-9_.@+%-]+"));
    for (String bad : List.of("", "x".repeat(257), "a\nb", "\ud800")) {
      refused("aggregate id", () -> fixture.append(bad, "x"));
    }
  }

  @Test
  void refusesBadArgumentsByName() {
    refused("number of events", () -> fixture.append("a"));
    refused(
        "number of events",
        () -> fixture.append("a", Collections.nCopies(257, "x").toArray(String[]::new)));
    refused(
        "command id",
        () -> store.append(tenant, category, "a", ExpectedVersion.any(), "a;b", events("x")));
    refused(
        "command id",
        () ->
            store.append(
                tenant, category, "a", ExpectedVersion.any(), "x".repeat(65), events("x")));
    refused("expected version", () -> ExpectedVersion.exactly(-1));
    refused("fromVersion", () -> store.read(tenant, category, "a", 0));
    refused("most", () -> store.last(tenant, category, "a", 0));
    refused("time", () -> store.readCategory(tenant, category, Instant.MAX));
    refused("category", () -> EventCategory.of("a:b", Serde.string()));
    refused("payloadLimit", () -> category.payloadLimit(0));
    refused(
        "snapshot version",
        () -> store.saveSnapshot(tenant, category, "a", 0, "s", Serde.string()));
    refused("stream entry id", () -> CategoryPosition.parse("x"));
    assertThat(fixture.readCategory()).isEmpty();
  }

  private static void refused(String what, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidValueException.class, error -> assertThat(error.what()).isEqualTo(what));
  }

  @Test
  void keepsTheNewestSnapshotAndLoadsWhatComesAfterIt() {
    fixture.append("a", "1", "2", "3");
    assertThat(store.loadSnapshot(tenant, category, "a", Serde.string())).isEmpty();
    assertThat(store.saveSnapshot(tenant, category, "a", 2, "12", Serde.string())).isTrue();
    assertThat(store.saveSnapshot(tenant, category, "a", 1, "1", Serde.string())).isFalse();
    assertThat(store.saveSnapshot(tenant, category, "a", 2, "12", Serde.string())).isTrue();
    assertThatThrownBy(() -> store.saveSnapshot(tenant, category, "a", 4, "1234", Serde.string()))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("must be at most the aggregate's, 3");
    LoadedAggregate<String, String> loaded = store.load(tenant, category, "a", Serde.string());
    assertThat(loaded.snapshot().orElseThrow().version()).isEqualTo(2);
    assertThat(loaded.fold("", (state, event) -> state + event.payload()))
        .isEqualTo(new LoadedAggregate.Versioned<>("123", 3));
    assertThat(
            store.load(tenant, category, "none", Serde.string()).fold("", (state, event) -> state))
        .isEqualTo(new LoadedAggregate.Versioned<>("", 0));
  }

  @Test
  void racingSnapshotsLeaveTheNewest() throws Exception {
    int versions = 60;
    fixture.append("a", Collections.nCopies(versions, "e").toArray(String[]::new));
    List<Integer> order = new ArrayList<>(IntStream.rangeClosed(1, versions).boxed().toList());
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Collections.shuffle(order, new Random(seed));
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<Boolean>> saved = new ArrayList<>();
    for (int version : order) {
      saved.add(
          pool.submit(
              () ->
                  store.saveSnapshot(
                      tenant, category, "a", version, "s" + version, Serde.string())));
    }
    for (Future<Boolean> one : saved) {
      one.get(60, TimeUnit.SECONDS);
    }
    pool.shutdown();
    Snapshot<String> last = store.loadSnapshot(tenant, category, "a", Serde.string()).orElseThrow();
    assertThat(last.version()).as("seed %d", seed).isEqualTo(versions);
    assertThat(last.state()).isEqualTo("s" + versions);
  }

  @Test
  void aSnapshotThatCannotBeReadIsAnErrorAloneAndPassedOverByLoading() {
    fixture.append("a", "1", "2");
    fixture.run("HSET", fixture.keys("a").snapshot().text(), "version", "1", "state", "\u0000{");
    assertThatThrownBy(() -> store.loadSnapshot(tenant, category, "a", Serde.json(Integer.class)))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("the snapshot of aggregate 'a' of category accounts, version 1");
    LoadedAggregate<Integer, String> loaded =
        store.load(tenant, category, "a", Serde.json(Integer.class));
    assertThat(loaded.snapshot()).isEmpty();
    assertThat(loaded.fold(0, (count, event) -> count + 1).state()).isEqualTo(2);
    fixture.run("HSET", fixture.keys("a").snapshot().text(), "version", "x");
    assertThatThrownBy(() -> store.loadSnapshot(tenant, category, "a", Serde.string()))
        .isInstanceOf(SerdeException.class);
    assertThat(store.saveSnapshot(tenant, category, "a", 1, "1", Serde.string())).isTrue();
  }

  @Test
  void anEventThatCannotBeReadSaysWhichAndTheRestCanBeRead() {
    EventCategory<Integer> numbers = EventCategory.of("accounts", Serde.json(Integer.class));
    fixture.append("a", "1", "two", "3");
    Iterator<RecordedEvent<Integer>> events = store.read(tenant, numbers, "a").iterator();
    assertThat(events.next().payload()).isEqualTo(1);
    assertThatThrownBy(events::next)
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("aggregate 'a' of category accounts, version 2");
    assertThat(events.next().payload()).isEqualTo(3);
    assertThat(events.hasNext()).isFalse();
    Iterator<RecordedEvent<Integer>> all =
        store.readCategory(tenant, numbers, CategoryPosition.BEGINNING).iterator();
    all.next();
    assertThatThrownBy(all::next)
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("aggregate 'a', version 2");
  }

  @Test
  void whatOthersDidToAHistoryIsNoticed() {
    for (String id : List.of("cut", "hole", "more", "gone", "ahead")) {
      fixture.append(id, "1", "2", "3", "4");
    }
    fixture.run("XTRIM", fixture.keys("cut").stream().text(), "MAXLEN", "2");
    fixture.run("XDEL", fixture.keys("hole").stream().text(), "2-0");
    fixture.run("XADD", fixture.keys("more").stream().text(), "*", "data", "x");
    fixture.run("DEL", fixture.keys("gone").stream().text());
    fixture.run("DEL", fixture.keys("ahead").meta().text());
    int before = fixture.readCategory().size();
    damaged("cut", "version 1");
    damaged("hole", "version 2");
    damaged("more", "");
    damaged("gone", "version 1");
    damaged("ahead", "");
    fixture.append("pushed", "1");
    fixture.run("XADD", fixture.keys("pushed").stream().text(), "9-0", "data", "x");
    fixture.run("XDEL", fixture.keys("pushed").stream().text(), "9-0");
    isDamaged(() -> fixture.append("pushed", "2"));
    assertThat(fixture.payloads("pushed")).containsExactly("1");
    assertThat(fixture.readCategory()).hasSize(before + 1);
    fixture.run("HSET", fixture.keys("pushed").meta().text(), "version", "x");
    isDamaged(() -> fixture.append("pushed", "2"));
    isDamaged(() -> fixture.read("pushed"));
  }

  private void damaged(String id, String where) {
    assertThatThrownBy(() -> fixture.read(id))
        .isInstanceOfSatisfying(
            MessagingException.class,
            error -> assertThat(error.code()).isEqualTo(ErrorCode.DATA_DAMAGED))
        .hasMessageContaining("aggregate '" + id + "' of category accounts is damaged")
        .hasMessageContaining(where);
    isDamaged(() -> fixture.append(id, "5"));
  }

  private static void isDamaged(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessagingException.class,
            error -> assertThat(error.code()).isEqualTo(ErrorCode.DATA_DAMAGED));
  }

  @Test
  void foreignEntriesInACategoryAreNamedAndCanBePassedOver() {
    fixture.append("a", "1");
    fixture.run("XADD", fixture.keys().category().text(), "*", "data", "x");
    fixture.run(
        "XADD",
        fixture.keys().category().text(),
        "*",
        "aggregate",
        "b",
        "aggregate_version",
        "99999999999999999999999");
    fixture.append("a", "2");
    Iterator<RecordedEvent<String>> events =
        store.readCategory(tenant, category, CategoryPosition.BEGINNING).iterator();
    assertThat(events.next().payload()).isEqualTo("1");
    assertThatThrownBy(events::next)
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("the entry is not an event");
    assertThatThrownBy(events::next).isInstanceOf(SerdeException.class);
    assertThat(events.next().payload()).isEqualTo("2");
  }

  @Test
  void aCategoryFromTheFutureTakesNothing() {
    fixture.run("XADD", fixture.keys().category().text(), "18446744073709551615-3", "data", "x");
    isDamaged(() -> fixture.append("a", "1", "2", "3"));
    assertThat(store.exists(tenant, category, "a")).isFalse();
    assertThat(Replies.number(fixture.run("XLEN", fixture.keys().category().text()))).isEqualTo(1);
    assertThat(Replies.number(fixture.run("EXISTS", fixture.keys("a").stream().text()))).isZero();
  }

  @Test
  void keysOfAnotherKindAreRefusedAndNothingIsWritten() {
    for (String key :
        List.of(
            fixture.keys("a").meta().text(),
            fixture.keys("a").stream().text(),
            fixture.keys().category().text())) {
      fixture.run("SET", key, "x");
      assertThatThrownBy(() -> fixture.append("a", "1"))
          .isInstanceOfSatisfying(
              MessagingException.class,
              error -> assertThat(error.code()).isEqualTo(ErrorCode.WRONG_TYPE));
      fixture.run("DEL", key);
      assertThat(fixture.readCategory()).isEmpty();
      assertThat(fixture.read("a")).isEmpty();
    }
    fixture.append("a", ExpectedVersion.none(), "1");
  }
}
