package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamProducerIT {
  private final Fixture fixture;

  StreamProducerIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<MessageId> send(StreamProducer producer, String payload) {
    return producer.send(fixture.tenant, fixture.topic, Message.of("t", payload));
  }

  private List<RawEntry> entries() {
    return Replies.list(fixture.run("XRANGE", fixture.stream(), "-", "+")).stream()
        .map(RawEntry::of)
        .toList();
  }

  private List<String> payloads() {
    return entries().stream().map(entry -> text(entry, "data")).toList();
  }

  private static String text(RawEntry entry, String field) {
    return new String(entry.toMap(0).get(field), UTF_8);
  }

  @Test
  void refusesWaitsOutOfRangeAndStaysOpen() {
    assertThatThrownBy(() -> fixture.producer.flush(Duration.ofSeconds(Long.MAX_VALUE)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> fixture.producer.close(Duration.ofSeconds(-1)))
        .isInstanceOf(InvalidValueException.class);
    assertThat(fixture.producer.close(Duration.ofSeconds(60))).isTrue();
  }

  @Test
  void appendsInOrderAndGivesTheEntryIds() {
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      sent.add("m" + i);
      results.add(send(fixture.producer, "m" + i));
    }
    assertThat(fixture.producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThat(payloads()).isEqualTo(sent);
    assertThat(entries().stream().map(entry -> entry.id().toString()).toList())
        .isEqualTo(results.stream().map(result -> result.join().value()).toList());
    Sent.awaitFrom(fixture.producer, new Sent(5_000, 0, 0, 0, 0));
    assertThat(fixture.redis.stats().roundTrips()).isLessThan(2_500);
  }

  @Test
  void writesTheFourFieldsInTheirOrder() {
    fixture.producer.sendAndWait(
        fixture.tenant,
        fixture.topic,
        Message.of("order.placed", "päyload").key("k").header("a", "1").header("b", "\"é"));
    fixture.send("plain");
    RawEntry first = entries().get(0);
    assertThat(first.toMap(0).keySet()).containsExactly("type", "key", "headers", "data");
    assertThat(text(first, "type")).isEqualTo("order.placed");
    assertThat(text(first, "key")).isEqualTo("k");
    assertThat(text(first, "headers")).isEqualTo("{\"a\":\"1\",\"b\":\"\\\"é\"}");
    assertThat(text(first, "data")).isEqualTo("päyload");
    assertThat(text(entries().get(1), "key")).isEmpty();
    assertThat(text(entries().get(1), "headers")).isEmpty();
    assertThat(fixture.stream()).isEqualTo("tenant:" + fixture.tenant + ":stream:orders");
  }

  @Test
  void refusesWhatIsTooLargeOrCannotBeWrittenBeforeAnythingIsSent() {
    StreamTopic<String> small = fixture.topic.payloadLimit(3);
    fixture.producer.sendAndWait(fixture.tenant, small, Message.of("t", "abc"));
    assertThatThrownBy(() -> fixture.producer.send(fixture.tenant, small, Message.of("t", "abcd")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("was 4: must be at most 3");
    StreamTopic<String> broken =
        StreamTopic.of(
            "orders",
            new Serde<>() {
              @Override
              public byte[] serialize(String payload, SerdeContext context) {
                throw new IllegalStateException("cannot");
              }

              @Override
              public String deserialize(byte[] bytes, SerdeContext context) {
                return "";
              }
            });
    assertThatThrownBy(() -> fixture.producer.send(fixture.tenant, broken, Message.of("t", "x")))
        .isInstanceOf(SerdeException.class);
    assertThat(payloads()).containsExactly("abc");
  }

  @Test
  void oneRefusedMessageDoesNotConcernTheOthersOfItsBatch() {
    StreamTopic<String> wrong = StreamTopic.of("wrong", Serde.string());
    fixture.run("SET", "tenant:" + fixture.tenant + ":stream:wrong", "a string");
    CompletableFuture<MessageId> first = send(fixture.producer, "1");
    CompletableFuture<MessageId> refused =
        fixture.producer.send(fixture.tenant, wrong, Message.of("t", "2"));
    CompletableFuture<MessageId> third = send(fixture.producer, "3");
    assertThat(first.join()).isNotNull();
    assertThat(third.join()).isNotNull();
    assertThatThrownBy(refused::join).hasCauseInstanceOf(ServerErrorException.class);
    assertThatThrownBy(
            () -> fixture.producer.sendAndWait(fixture.tenant, wrong, Message.of("t", "2")))
        .isInstanceOf(ServerErrorException.class);
    Sent.awaitFrom(fixture.producer, new Sent(2, 2, 0, 0, 0));
  }

  @Test
  void anAppendWhoseReplyIsLostIsUnknownAndThereExactlyOnce(FaultProxy proxy) {
    RedisConnection through = fixture.connection(proxy.url());
    try (StreamProducer producer = StreamProducer.builder(through).build()) {
      producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "before"));
      proxy.executeButDropReply(line -> line.startsWith("XADD") && line.contains("lost"));
      assertThatThrownBy(
              () -> producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "lost")))
          .isInstanceOf(OutcomeUnknownException.class);
      producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "after"));
      assertThat(payloads()).containsExactly("before", "lost", "after");
      Sent.awaitFrom(producer, new Sent(2, 0, 1, 0, 0));
    }
  }

  @Test
  void inABrokenBatchExactlyTheEntriesWithoutReplyAreUnknown(FaultProxy proxy) {
    RedisConnection through = fixture.connection(proxy.url());
    BatchSettings settings = BatchSettings.DEFAULT.batch(10, 1 << 20).linger(Duration.ofMinutes(1));
    try (StreamProducer producer = StreamProducer.builder(through).batching(settings).build()) {
      proxy.executeButDropReply(line -> line.startsWith("XADD") && line.contains("m5"));
      List<CompletableFuture<MessageId>> results = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        results.add(send(producer, "m" + i));
      }
      assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
      for (int i = 0; i < 10; i++) {
        CompletableFuture<MessageId> result = results.get(i);
        if (i < 5) {
          assertThat(result).isCompleted();
        } else {
          assertThatThrownBy(result::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        }
      }
      assertThat(payloads()).containsExactly("m0", "m1", "m2", "m3", "m4", "m5");
    }
  }

  @Test
  void whatCannotBeSentIsReportedAsNotSent(FaultProxy proxy) {
    RedisConnection through = fixture.connection(proxy.url());
    proxy.refuse();
    try (StreamProducer producer = StreamProducer.builder(through).build()) {
      assertThatThrownBy(
              () -> producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "x")))
          .isInstanceOf(UnavailableException.class);
      Sent.awaitFrom(producer, new Sent(0, 1, 0, 0, 0));
      proxy.heal();
      producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "y"));
      assertThat(payloads()).containsExactly("y");
    }
  }

  @Test
  void aFullBufferRefusesAfterTheAllowedWaitAndCloseSettlesTheRest() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CompletableFuture<Void> go = new CompletableFuture<>();
    StreamProducer producer =
        StreamProducer.builder(fixture.redis)
            .batching(
                BatchSettings.DEFAULT.batch(1, 1_000).buffer(2, 1 << 20, Duration.ofMillis(100)))
            .build();
    Thread here = Thread.currentThread();
    AtomicBoolean ranHere = new AtomicBoolean();
    CompletableFuture<Void> held;
    do { // a stage that is added to a future that is done runs here
      ranHere.set(false);
      held =
          send(producer, "m0")
              .thenAccept(
                  id -> {
                    ranHere.set(Thread.currentThread() == here);
                    if (!ranHere.get()) {
                      reached.countDown();
                      go.join();
                    }
                  });
    } while (ranHere.get());
    assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<MessageId> second = send(producer, "m1");
    CompletableFuture<MessageId> third = send(producer, "m2");
    assertThat(producer.stats().waiting()).isEqualTo(2);
    assertThatThrownBy(() -> send(producer, "m3")).isInstanceOf(BufferFullException.class);
    assertThat(producer.close(Duration.ofMillis(100))).isFalse();
    assertThatThrownBy(second::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(third::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> send(producer, "m4")).isInstanceOf(ClosedException.class);
    go.complete(null);
    held.join();
    producer.close();
    assertThat(payloads()).containsOnly("m0");
  }

  @Test
  void closeSendsWhatWaits() {
    Set<Thread> others = sending();
    StreamProducer producer = StreamProducer.builder(fixture.redis).build();
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      results.add(send(producer, "m" + i));
    }
    Set<Thread> its = sending();
    its.removeAll(others);
    assertThat(its).isNotEmpty();
    assertThat(producer.close(Duration.ofSeconds(60))).isTrue();
    assertThat(results).allMatch(result -> result.isDone() && !result.isCompletedExceptionally());
    await().until(() -> its.stream().noneMatch(Thread::isAlive));
  }

  private static Set<Thread> sending() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tandem-producer"))
        .collect(Collectors.toSet());
  }
}
