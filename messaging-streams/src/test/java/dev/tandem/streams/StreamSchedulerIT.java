package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.schedule.Promoter;
import dev.tandem.streams.internal.schedule.Promotion;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamSchedulerIT {
  private static final String TOPIC = "orders";

  private final Fixture fixture;
  private final StreamScheduler scheduler;
  private final StreamKeys keys;
  private final Promoter promoter;

  StreamSchedulerIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.scheduler = StreamScheduler.of(fixture.redis);
    this.keys = KeyLayout.of(fixture.redis).stream(fixture.tenant, TOPIC);
    this.promoter = new Promoter(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private ScheduledId after(Duration delay, String payload) {
    return scheduler.sendAfter(fixture.tenant, fixture.topic, Message.of("test", payload), delay);
  }

  private ScheduledId now(String payload) {
    return after(Duration.ZERO, payload);
  }

  private boolean cancel(ScheduledId id) {
    return scheduler.cancel(fixture.tenant, TOPIC, id);
  }

  private long waiting() {
    return scheduler.count(fixture.tenant, TOPIC);
  }

  private Promotion promote() {
    return promoter.promote(List.of(keys)).get(0);
  }

  private List<RawEntry> entries() {
    return Replies.list(fixture.run("XRANGE", fixture.stream(), "-", "+")).stream()
        .map(RawEntry::of)
        .toList();
  }

  private List<String> payloads() {
    return entries().stream()
        .map(entry -> EntryFormat.decode(fixture.tenant, fixture.topic, entry).payload())
        .toList();
  }

  @Test
  void appendsWhatIsDueInTheOrderInWhichItIsDue() {
    Instant past = Instant.parse("2020-01-01T00:00:00Z");
    Message<String> second =
        Message.of("test", "second").key("k").header("h", "v").expiresAfter(Duration.ofDays(2));
    ScheduledId id = scheduler.sendAt(fixture.tenant, fixture.topic, second, past.plusSeconds(1));
    scheduler.sendAt(fixture.tenant, fixture.topic, Message.of("test", "first"), past);
    for (int i = 0; i < 20; i++) {
      Message<String> message = Message.of("test", "same" + i);
      scheduler.sendAt(fixture.tenant, fixture.topic, message, past.plusSeconds(2));
    }
    after(Duration.ofHours(1), "later");

    Promotion promotion = promote();
    assertThat(promotion.appended()).isEqualTo(22);
    assertThat(promotion.error()).isNull();
    assertThat(promotion.nextDueMillis())
        .isBetween(Duration.ofMinutes(59).toMillis(), Duration.ofHours(1).toMillis());
    List<String> expected = new ArrayList<>(List.of("first", "second"));
    for (int i = 0; i < 20; i++) {
      expected.add("same" + i);
    }
    assertThat(payloads()).isEqualTo(expected);
    Message<String> read = EntryFormat.decode(fixture.tenant, fixture.topic, entries().get(1));
    assertThat(read.key()).isEqualTo("k");
    assertThat(read.timeToLive()).isEqualTo(Duration.ofDays(2));
    assertThat(read.headers())
        .isEqualTo(Headers.received(Map.of("h", "v", StreamScheduler.ID_HEADER, id.value())));
    assertThat(waiting()).isEqualTo(1);
    assertThat(promote().appended()).isZero();
  }

  @Test
  void neverAppendsBeforeItIsDueByTheServersClock() {
    Instant due = fixture.redis.serverTime().plusMillis(300);
    scheduler.sendAt(fixture.tenant, fixture.topic, Message.of("test", "m"), due);
    await().atMost(SOON).pollDelay(Duration.ZERO).until(() -> promote().appended() == 1);
    assertThat(entries().get(0).id().time()).isAfterOrEqualTo(due);
  }

  @Test
  void cancelsWhatStillWaitsAndOnlyThat() {
    ScheduledId waits = after(Duration.ofHours(1), "waits");
    ScheduledId gone = now("gone");
    promote();
    assertThat(cancel(gone)).isFalse();
    assertThat(cancel(waits)).isTrue();
    assertThat(cancel(waits)).isFalse();
    assertThat(cancel(ScheduledId.of("no such thing"))).isFalse();
    assertThat(waiting()).isZero();
    assertThat(fixture.run("EXISTS", keys.scheduledMessages().text())).isEqualTo(0L);
    assertThat(payloads()).containsExactly("gone");
  }

  @Test
  void listsWhatWaitsPageByPageAlsoWhenThingsGo() {
    Instant due = fixture.redis.serverTime().plusSeconds(3_600);
    List<ScheduledId> ids = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ids.add(scheduler.sendAt(fixture.tenant, fixture.topic, Message.of("test", "m" + i), due));
    }
    assertThat(scheduler.nextDue(fixture.tenant, TOPIC))
        .hasValueSatisfying(next -> assertThat(next).isBetween(due, due.plusMillis(1)));
    List<ScheduledMessage> page = scheduler.list(fixture.tenant, TOPIC, 4);
    assertThat(page).extracting(ScheduledMessage::id).isEqualTo(ids.subList(0, 4));
    assertThat(page.get(0).message(fixture.tenant, fixture.topic).payload()).isEqualTo("m0");
    assertThat(page.get(0).scheduledAt())
        .isBetween(due.minusSeconds(3_601), due.minusSeconds(3_590));
    assertThat(scheduler.listAfter(fixture.tenant, TOPIC, page.get(3), 4))
        .extracting(ScheduledMessage::id)
        .isEqualTo(ids.subList(4, 8));
    cancel(ids.get(3));
    assertThat(scheduler.listAfter(fixture.tenant, TOPIC, page.get(3), 100))
        .extracting(ScheduledMessage::id)
        .isEqualTo(ids.subList(4, 10));
    assertThat(scheduler.find(fixture.tenant, TOPIC, ids.get(3))).isEmpty();
    assertThat(scheduler.find(fixture.tenant, TOPIC, ids.get(5)))
        .map(found -> found.message(fixture.tenant, fixture.topic).payload())
        .hasValue("m5");
    assertThat(scheduler.nextDue(fixture.tenant, "nothing")).isEqualTo(Optional.empty());
  }

  @Test
  void refusesWhatIsTooFarTooManyOrTooLarge() {
    Duration tooFar = StreamScheduler.FURTHEST.plusMillis(1);
    assertThatThrownBy(() -> after(tooFar, "m")).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> after(Duration.ofNanos(-1), "m"))
        .isInstanceOf(InvalidValueException.class);
    for (Instant far :
        List.of(fixture.redis.serverTime().plus(tooFar).plusSeconds(5), Instant.MAX)) {
      assertThatThrownBy(
              () -> scheduler.sendAt(fixture.tenant, fixture.topic, Message.of("test", "m"), far))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageStartingWith("dueAt was " + far + ": must be at most ");
    }
    assertThatThrownBy(
            () ->
                scheduler.sendAfter(
                    fixture.tenant,
                    fixture.topic.payloadLimit(10),
                    Message.of("test", "more than ten"),
                    Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
    assertThat(waiting()).isZero();

    StreamScheduler small = scheduler.mostWaiting(2);
    Message<String> message = Message.of("test", "m");
    small.sendAt(fixture.tenant, fixture.topic, message, Instant.MIN);
    small.sendAfter(fixture.tenant, fixture.topic, message, StreamScheduler.FURTHEST);
    assertThatThrownBy(
            () -> small.sendAfter(fixture.tenant, fixture.topic, message, Duration.ofHours(1)))
        .isInstanceOf(BufferFullException.class)
        .hasMessageStartingWith("2 messages wait to be appended to stream ")
        .hasMessageEndingWith(", at most 2 may");
    assertThat(promote().appended()).isEqualTo(1);
    small.sendAfter(fixture.tenant, fixture.topic, message, Duration.ofHours(1));
    assertThatThrownBy(() -> scheduler.mostWaiting(0)).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> scheduler.list(fixture.tenant, TOPIC, 1_001))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void oneCallAppendsABoundedNumberAndSize() {
    for (int i = 0; i < 130; i++) {
      now("m" + i);
    }
    assertThat(promote().appended()).isEqualTo(100);
    Promotion rest = promote();
    assertThat(rest.appended()).isEqualTo(30);
    assertThat(rest.nextDueMillis()).isEqualTo(-1);

    String large = "x".repeat(900_000);
    now(large);
    now(large);
    Promotion first = promote();
    assertThat(first.appended()).isEqualTo(1);
    assertThat(first.nextDueMillis()).isZero();
    assertThat(promote().appended()).isEqualTo(1);
    assertThat(payloads()).hasSize(132).endsWith(large, large);
  }

  @Test
  void garbageStopsNoOtherAndIsNotSilentlyGone() {
    byte[] bytes = {(byte) 0xff, 0, ':', '9'};
    Command scores = Command.of("ZADD").key(keys.scheduled());
    Command values = Command.of("HSET").key(keys.scheduledMessages());
    List<String> broken =
        List.of(
            "", ";", "12", "12;", "x;1:a1:b", "1;1:a", "1;5:a1:b", "1;1:a9999999999:b", "1;a:a1:b");
    for (int i = 0; i < broken.size(); i++) {
      scores.arg("-inf").arg("garbage" + i);
      values.arg("garbage" + i).arg(broken.get(i));
    }
    values.arg(bytes).arg(bytes);
    scores.arg("-inf").arg(bytes).arg(5).arg("without data").arg("inf").arg("never");
    fixture.redis.commands().execute(scores);
    fixture.redis.commands().execute(values);
    now("fine");

    assertThat(scheduler.list(fixture.tenant, TOPIC, 100)).hasSize(broken.size() + 4);
    List<ScheduledId> paged = new ArrayList<>();
    for (List<ScheduledMessage> page = scheduler.list(fixture.tenant, TOPIC, 1);
        !page.isEmpty();
        page = scheduler.listAfter(fixture.tenant, TOPIC, page.get(0), 1)) {
      paged.add(page.get(0).id());
    }
    assertThat(paged).hasSize(broken.size() + 4).doesNotHaveDuplicates();

    Promotion promotion = promote();
    assertThat(promotion.appended()).isEqualTo(broken.size() + 2);
    assertThat(promotion.unreadable()).isEqualTo(broken.size() + 1);
    assertThat(promotion.missing()).isEqualTo(1);
    assertThat(promotion.nextDueMillis()).isGreaterThan(1L << 50);
    assertThat(promotion.error()).isNull();
    assertThat(entries())
        .filteredOn(entry -> entry.toMap(0).containsKey("unreadable"))
        .hasSize(broken.size() + 1)
        .anySatisfy(entry -> assertThat(entry.toMap(0).get("unreadable")).isEqualTo(bytes));
    RawEntry last = entries().get(entries().size() - 1);
    assertThat(EntryFormat.decode(fixture.tenant, fixture.topic, last).payload()).isEqualTo("fine");
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void aStreamThatCannotBeWrittenKeepsWhatWaits() {
    now("m");
    fixture.run("SET", fixture.stream(), "no stream");
    Promotion refused = promote();
    assertThat(refused.appended()).isZero();
    assertThat(refused.error()).hasMessageContaining("WRONGTYPE");
    assertThat(waiting()).isEqualTo(1);
    fixture.run("DEL", fixture.stream());
    assertThat(promote().appended()).isEqualTo(1);
    assertThat(payloads()).containsExactly("m");
  }

  @Test
  void lostRepliesScheduleAndCancelOnce(FaultProxy proxy) {
    StreamScheduler through = StreamScheduler.of(fixture.connection(proxy.url()));
    Message<String> message = Message.of("test", "m");
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    ScheduledId id = through.sendAfter(fixture.tenant, fixture.topic, message, Duration.ofHours(1));
    assertThat(waiting()).isEqualTo(1);
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    assertThat(through.cancel(fixture.tenant, TOPIC, id)).isTrue();
    assertThat(waiting()).isZero();
    assertThat(proxy.droppedReplies()).isEqualTo(2);
    assertThat(through.cancel(fixture.tenant, TOPIC, id)).isFalse();
  }

  @Test
  void whatIsAppendedBeforeTheLostReplyIsNoticedIsNotScheduledAgain(FaultProxy proxy) {
    StreamScheduler through = StreamScheduler.of(fixture.connection(proxy.url()));
    try (SchedulePromoter running =
        SchedulePromoter.builder(fixture.redis).topic(fixture.tenant, TOPIC).build()) {
      running.start();
      for (int i = 1; i <= 5; i++) {
        int expected = i;
        // The repeat arrives only after the promoter has appended the message.
        proxy.executeButDropReply(
            line -> {
              if (!line.startsWith("EVAL")) {
                return false;
              }
              proxy.delay(Duration.ofMillis(150));
              return true;
            });
        Message<String> message = Message.of("test", "m" + i);
        through.sendAfter(fixture.tenant, fixture.topic, message, Duration.ZERO);
        proxy.delay(Duration.ZERO);
        await().atMost(SOON).until(() -> payloads().size() >= expected);
      }
      assertThat(proxy.droppedReplies()).isEqualTo(5);
      assertThat(waiting()).isZero();
      assertThat(payloads()).containsExactly("m1", "m2", "m3", "m4", "m5");
    }
  }

  @Test
  void severalPromotersAppendEachMessageOnceAndInOrder() throws Exception {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      expected.add("m" + i);
      now("m" + i);
    }
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Long>> runs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        runs.add(
            threads.submit(
                () -> {
                  long appended = 0;
                  for (Promotion one = promote(); ; one = promote()) {
                    appended += one.appended();
                    if (one.nextDueMillis() < 0) {
                      return appended;
                    }
                  }
                }));
      }
      long appended = 0;
      for (Future<Long> run : runs) {
        appended += run.get();
      }
      assertThat(appended).isEqualTo(2_000);
    } finally {
      threads.shutdownNow();
    }
    assertThat(payloads()).isEqualTo(expected);
  }

  @Test
  void aRunningPromoterServesItsTopicsAndIsNotHeldUpByABrokenOne() throws Exception {
    SchedulePromoter running =
        SchedulePromoter.builder(fixture.redis)
            .topic(fixture.tenant, "broken")
            .topic(fixture.tenant, TOPIC)
            .build();
    try (running) {
      assertThat(running.state()).isEqualTo(LifecycleState.CREATED);
      fixture.run(
          "SET",
          KeyLayout.of(fixture.redis).stream(fixture.tenant, "broken").scheduled().text(),
          "garbage");
      running.start();
      after(Duration.ofSeconds(3), "a");
      now("b");
      await().atMost(SOON).until(() -> payloads().equals(List.of("b", "a")));
      await().atMost(SOON).until(() -> running.state() == LifecycleState.RECOVERING);
      fixture.run(
          "DEL", KeyLayout.of(fixture.redis).stream(fixture.tenant, "broken").scheduled().text());
      await().atMost(SOON).until(() -> running.state() == LifecycleState.RUNNING);
      assertThatThrownBy(running::start).isInstanceOf(IllegalStateException.class);
    }
    assertThat(running.state()).isEqualTo(LifecycleState.STOPPED);
    assertThatThrownBy(() -> SchedulePromoter.builder(fixture.redis).build())
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void endsWhenItsConnectionIsClosed(RedisServer server) {
    var own = fixture.connection(server.url());
    SchedulePromoter running = SchedulePromoter.builder(own).topic(fixture.tenant, TOPIC).build();
    running.start();
    await().atMost(SOON).until(() -> running.state() == LifecycleState.RUNNING);
    own.close();
    await().atMost(SOON).until(() -> running.state() == LifecycleState.FAILED);
    running.close();
  }
}
