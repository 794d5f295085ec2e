package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Counter;
import dev.tandem.api.Message;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What workers do for the streams of their topics, whatever their groups. */
@RedisTest
class HousekeepingIT {
  private static final Duration EVERY = Duration.ofSeconds(1);

  private final Fixture fixture;
  private final StreamScheduler scheduler;

  HousekeepingIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    scheduler = StreamScheduler.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private long length() {
    return Replies.number(fixture.run("XLEN", fixture.stream()));
  }

  private String turn() {
    return fixture.keys().source().trimTurn().text();
  }

  private long counted(String name) {
    Counter counter = fixture.redis.metrics().counter("tandem.streams." + name);
    return counter.getCount();
  }

  private StreamWorker start(StreamTopic<String> topic, String group) throws InterruptedException {
    return fixture.start(
        StreamWorker.builder(fixture.redis, topic)
            .tenant(fixture.tenant)
            .group(group)
            .lease(EVERY.multipliedBy(2))
            .trimEvery(EVERY)
            .handler((message, delivery) -> {}));
  }

  @Test
  void aRunningWorkerAppendsScheduledMessagesSoonAfterTheyAreDue() throws Exception {
    Queue<Long> millis = new ConcurrentLinkedQueue<>();
    fixture.start(
        (message, delivery) ->
            millis.add(Long.parseLong(delivery.id().toString().split("-", -1)[0])),
        options -> options);
    List<Long> due = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Instant at = fixture.redis.serverTime().plusMillis(400);
      due.add(at.toEpochMilli());
      scheduler.sendAt(fixture.tenant, fixture.topic, Message.of("test", "m" + i), at);
      await().atMost(SOON).until(millis::size, size -> size == due.size());
    }

    List<Long> appended = List.copyOf(millis);
    List<Long> late = new ArrayList<>();
    for (int i = 0; i < due.size(); i++) {
      late.add(appended.get(i) - due.get(i));
    }
    assertThat(late).allSatisfy(delay -> assertThat(delay).isNotNegative());
    Collections.sort(late);
    // Far less than the 5 seconds after which a quiet group is looked at.
    assertThat(late.get(late.size() / 2)).as("the median of %s", late).isLessThan(3_000L);
    assertThat(scheduler.count(fixture.tenant, fixture.topic.name())).isZero();
    await().atMost(SOON).until(() -> counted("scheduler.appended") == 5);
  }

  @Test
  void moreThanOneCallAppendsIsAppendedWithoutWaiting() throws Exception {
    for (int i = 0; i < 450; i++) {
      Message<String> message = Message.of("test", "m" + i);
      scheduler.sendAfter(fixture.tenant, fixture.topic, message, Duration.ZERO);
    }
    StreamWorker worker = fixture.start((message, delivery) -> {}, options -> options);
    await().atMost(SOON).until(() -> worker.stats().handled() == 450);
  }

  @Test
  void whatIsScheduledForOneBrokenStreamHoldsUpNoOther() throws Exception {
    StreamTopic<String> broken = StreamTopic.of("broken", Serde.string());
    fixture.run(
        "SET",
        KeyLayout.of(fixture.redis).stream(fixture.tenant, "broken").scheduled().text(),
        "in the way");
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    fixture.start(
        (message, delivery) -> handled.add(message.payload()),
        options -> options.topic(broken, (message, delivery) -> {}));
    scheduler.sendAfter(
        fixture.tenant, fixture.topic, Message.of("test", "fine"), Duration.ofMillis(100));
    await().atMost(SOON).until(() -> handled.contains("fine"));
  }

  @Test
  void aStreamShrinksOnceEveryGroupHasAcknowledged() throws Exception {
    fixture.run("XGROUP", "CREATE", fixture.stream(), "slow", "0", "MKSTREAM");
    List<Message<String>> messages = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      messages.add(Message.of("test", "m" + i));
    }
    fixture.sendTogether(fixture.tenant, messages);
    StreamWorker worker = start(fixture.topic, Fixture.GROUP);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3_000);
    // Its turn comes, and nothing may go: the other group has not read.
    await().atMost(SOON).until(() -> Replies.number(fixture.run("EXISTS", turn())) == 1);
    assertThat(length()).isEqualTo(3_000);

    StreamWorker other = start(fixture.topic, "slow");
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 3_000);
    await().atMost(SOON).until(() -> length() == 0);
    await().atMost(SOON).until(() -> counted("trim.orders.removed") == 3_000);
    assertThat(counted("trim.orders.lost")).isZero();
  }

  @Test
  void whatAPolicyTakesFromAGroupIsCounted() throws Exception {
    StreamTopic<String> shortOne =
        StreamTopic.of("orders", Serde.string()).trimming(Trimming.byLength(10));
    fixture.run("XGROUP", "CREATE", fixture.stream(), "idle", "0", "MKSTREAM");
    fixture.send(50);
    StreamWorker worker = start(shortOne, Fixture.GROUP);
    await().atMost(SOON).until(() -> length() == 10);
    await().atMost(SOON).until(() -> counted("trim.orders.lost") >= 40);
    assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);
  }

  @Test
  void nothingIsTrimmedWhereNothingIsToBe() throws Exception {
    StreamTopic<String> kept = StreamTopic.of("orders", Serde.string()).trimming(Trimming.none());
    fixture.send(20);
    StreamWorker worker = start(kept, Fixture.GROUP);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 20);
    await().during(EVERY.multipliedBy(3)).atMost(SOON).until(() -> length() == 20);
    assertThat(fixture.run("EXISTS", turn())).isEqualTo(0L);
  }
}
