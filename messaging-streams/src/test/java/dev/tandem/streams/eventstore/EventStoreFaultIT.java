package dev.tandem.streams.eventstore;

import static dev.tandem.streams.eventstore.EventFixture.events;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.serde.Serde;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of appends when replies, memory or the server itself are lost. */
@RedisTest(dedicated = true, appendOnly = true)
class EventStoreFaultIT {
  private final RedisServer server;
  private final EventFixture fixture;

  EventStoreFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new EventFixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aLostReplyAppendsOnce(FaultProxy proxy) {
    EventStore store = EventStore.of(fixture.connection(proxy.url()));
    for (int i = 1; i <= 5; i++) {
      proxy.executeButDropReply(command -> command.startsWith("EVAL"));
      AppendResult result =
          store.append(
              fixture.tenant,
              fixture.category,
              "a",
              ExpectedVersion.exactly(2L * (i - 1)),
              events("x" + i, "y" + i));
      assertThat(result.version()).isEqualTo(2L * i);
      assertThat(result.repeated()).isTrue();
    }
    assertThat(proxy.droppedReplies()).isEqualTo(5);
    assertThat(fixture.read("a")).hasSize(10);
    assertThat(fixture.readCategory()).isEqualTo(fixture.read("a"));
  }

  @Test
  void aCommandWhoseOutcomeIsUnknownMayBeRepeatedByItsCaller(FaultProxy proxy) {
    EventStore store = EventStore.of(fixture.connection(proxy.url()));
    ThrowingCallable append =
        () ->
            store.append(
                fixture.tenant,
                fixture.category,
                "a",
                ExpectedVersion.none(),
                "order-7",
                events("x"));
    for (int i = 0; i < 10; i++) {
      proxy.executeButDropReply(command -> command.startsWith("EVAL"));
    }
    assertThatThrownBy(append).isInstanceOf(OutcomeUnknownException.class);
    proxy.heal();
    AppendResult result =
        fixture.store.append(
            fixture.tenant, fixture.category, "a", ExpectedVersion.none(), "order-7", events("x"));
    assertThat(result.repeated()).isTrue();
    assertThat(fixture.read("a")).hasSize(1);
  }

  @Test
  void withoutMemoryNothingIsAppendedAndDeletingStillWorks() {
    fixture.append("a", Collections.nCopies(50, "x").toArray(String[]::new));
    fixture.run("CONFIG", "SET", "maxmemory", "1");
    try {
      for (String id : List.of("a", "new")) {
        assertThatThrownBy(() -> fixture.append(id, "1", "2", "3"))
            .isInstanceOfSatisfying(
                MessagingException.class,
                error -> {
                  assertThat(error.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
                  assertThat(error.retryable()).isTrue();
                });
      }
      assertThatThrownBy(
              () ->
                  fixture.store.saveSnapshot(
                      fixture.tenant, fixture.category, "a", 1, "s", Serde.string()))
          .isInstanceOf(MessagingException.class);
      assertThat(fixture.read("a")).hasSize(50);
      assertThat(fixture.read("new")).isEmpty();
      assertThat(fixture.readCategory()).hasSize(50);
      assertThat(
              fixture.store.delete(
                  fixture.tenant, fixture.category, "a", ExpectedVersion.exactly(50)))
          .isTrue();
      assertThat(fixture.store.exists(fixture.tenant, fixture.category, "a")).isFalse();
    } finally {
      fixture.run("CONFIG", "SET", "maxmemory", "0");
    }
    assertThatThrownBy(() -> fixture.append("a", "1")).isInstanceOf(VersionConflictException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hset", "xadd", "xdel"})
  void withoutARightNothingIsAppended(String command) {
    fixture.append("a", "1");
    fixture.run("ACL", "SETUSER", "ann", "on", ">secret", "~*", "&*", "+@all", "-" + command);
    String url = server.url().replace("redis://", "redis://ann:secret@");
    EventStore store = EventStore.of(fixture.connection(url));
    for (String id : List.of("a", "new")) {
      ThrowingCallable append =
          () ->
              store.append(
                  fixture.tenant, fixture.category, id, ExpectedVersion.any(), events("2", "3"));
      assertThatThrownBy(append)
          .isInstanceOfSatisfying(
              MessagingException.class,
              error -> assertThat(error.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
    }
    assertThat(fixture.payloads("a")).containsExactly("1");
    assertThat(fixture.read("new")).isEmpty();
    assertThat(fixture.readCategory()).hasSize(1);
    fixture.run("ACL", "SETUSER", "ann", "+" + command);
    store.append(
        fixture.tenant, fixture.category, "a", ExpectedVersion.exactly(1), events("2", "3"));
    assertThat(fixture.payloads("a")).containsExactly("1", "2", "3");
    assertThat(fixture.readCategory()).hasSize(3);
  }

  @Test
  void scriptsThatTheServerForgotAreSentAgain() {
    fixture.append("a", "1");
    fixture.run("SCRIPT", "FLUSH");
    fixture.append("a", ExpectedVersion.exactly(1), "2");
    assertThat(fixture.payloads("a")).containsExactly("1", "2");
  }

  @Test
  void aKilledServerKeepsWhatItConfirmedAndNoHalfAppend() throws Exception {
    List<AppendResult> confirmed = Collections.synchronizedList(new ArrayList<>());
    ConcurrentLinkedQueue<MessagingException> errors = new ConcurrentLinkedQueue<>();
    CountDownLatch enough = new CountDownLatch(200);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 2; t++) {
      String id = "a" + t;
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 100_000; i++) {
                    confirmed.add(fixture.append(id, id, id, id));
                    enough.countDown();
                  }
                } catch (MessagingException e) {
                  errors.add(e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    assertThat(enough.await(60, TimeUnit.SECONDS)).isTrue();
    server.kill();
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    }
    assertThat(errors).hasSize(2);
    server.restart();
    try (EventFixture after = new EventFixture(server.url(), fixture.tenant.name())) {
      int found = 0;
      for (String id : List.of("a0", "a1")) {
        List<RecordedEvent<String>> events = after.read(id);
        assertThat(events.size() % 3).isZero();
        assertThat(events)
            .extracting(RecordedEvent::version)
            .containsExactlyElementsOf(LongStream.rangeClosed(1, events.size()).boxed().toList());
        found += events.size();
      }
      assertThat(found).isBetween(3 * confirmed.size(), 3 * confirmed.size() + 6);
      assertThat(after.readCategory()).hasSize(found);
      after.append("a0", "on it goes");
    }
  }
}
