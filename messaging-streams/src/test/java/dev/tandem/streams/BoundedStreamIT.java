package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.StreamFullException;
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
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that hold only so many entries. */
@RedisTest
class BoundedStreamIT {
  private final Fixture fixture;
  private final StreamTopic<String> ten;
  private final List<StreamProducer> open = new ArrayList<>();

  BoundedStreamIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.ten = fixture.topic.boundedTo(10);
  }

  @AfterEach
  void close() {
    open.forEach(producer -> producer.close(Duration.ZERO));
    fixture.close();
  }

  private StreamProducer producer(UnaryOperator<StreamProducerBuilder> options) {
    StreamProducer producer = options.apply(StreamProducer.builder(fixture.redis)).build();
    open.add(producer);
    return producer;
  }

  private List<CompletableFuture<MessageId>> send(StreamProducer producer, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> producer.send(fixture.tenant, ten, Message.of("t", "m" + i)))
        .toList();
  }

  private List<RawEntry> entries() {
    return Replies.list(fixture.run("XRANGE", fixture.stream(), "-", "+")).stream()
        .map(RawEntry::of)
        .toList();
  }

  private List<String> payloads() {
    return entries().stream().map(entry -> new String(entry.toMap(0).get("data"), UTF_8)).toList();
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "m" + i).toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesWhatFitsAndRefusesTheRest(boolean idempotent) {
    StreamProducer producer =
        producer(
            options ->
                (idempotent ? options.idempotent() : options)
                    .batching(BatchSettings.DEFAULT.linger(Duration.ofMillis(50))));
    List<CompletableFuture<MessageId>> results = send(producer, 0, 25);
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(results.subList(0, 10)).allMatch(result -> !result.isCompletedExceptionally());
    for (CompletableFuture<MessageId> refused : results.subList(10, 25)) {
      assertThatThrownBy(refused::join)
          .cause()
          .isInstanceOfSatisfying(
              StreamFullException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.STREAM_FULL);
                assertThat(e.retryable()).isTrue();
                assertThat(e.length()).isEqualTo(10);
                assertThat(e.limit()).isEqualTo(10);
                assertThat(e.tenant()).contains(fixture.tenant.name());
                assertThat(e.destination()).contains("orders");
              })
          .hasMessage("stream orders of tenant " + fixture.tenant + " is full: 10 of 10");
    }
    assertThat(payloads()).isEqualTo(numbered(0, 10));
    Sent.awaitFrom(producer, new Sent(10, 15, 0, 0, 0));
    fixture.run("XTRIM", fixture.stream(), "MAXLEN", "9");
    producer.sendAndWait(fixture.tenant, ten, Message.of("t", "last"));
    assertThat(payloads()).hasSize(10).endsWith("last");
  }

  @Test
  void writesTheSameEntriesAsAnyProducer() {
    Message<String> message =
        Message.of("order.placed", "p").key("k").header("a", "1").expiresAfter(Duration.ofHours(1));
    producer(options -> options).sendAndWait(fixture.tenant, ten, message);
    fixture.producer.sendAndWait(fixture.tenant, fixture.topic, message);
    producer(options -> options).sendAndWait(fixture.tenant, ten, Message.of("t", "p"));
    fixture.producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "p"));
    List<RawEntry> entries = entries();
    assertThat(entries.get(0).fields()).hasSize(10);
    assertThat(entries.get(2).fields()).hasSize(8);
    for (int i = 0; i < 4; i += 2) {
      assertThat(entries.get(i).fields()).containsExactlyElementsOf(entries.get(i + 1).fields());
    }
  }

  @Test
  void waitsForRoomInOrderAndHoldsUpNoOtherStream() {
    StreamProducer producer =
        producer(options -> options.whenFull(WhenFull.waitUpTo(Duration.ofMinutes(1))));
    List<CompletableFuture<MessageId>> results = send(producer, 0, 35);
    await().until(() -> results.get(9).isDone());
    StreamTopic<String> other = StreamTopic.of("other", fixture.topic.serde());
    producer.sendAndWait(fixture.tenant, other, Message.of("t", "x"));
    assertThat(results.subList(10, 35)).noneMatch(CompletableFuture::isDone);
    assertThat(producer.flush(Duration.ofMillis(20))).isFalse();
    await().until(() -> producer.stats().waiting() == 25);
    List<String> seen = new ArrayList<>();
    while (seen.size() < 30) {
      await().until(() -> entries().size() == 10);
      seen.addAll(payloads());
      fixture.run("DEL", fixture.stream());
    }
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    seen.addAll(payloads());
    assertThat(seen).isEqualTo(numbered(0, 35));
  }

  @Test
  void refusesWhenTheWaitIsOver() {
    StreamProducer producer =
        producer(options -> options.whenFull(WhenFull.waitUpTo(Duration.ofMillis(200))));
    List<CompletableFuture<MessageId>> results = send(producer, 0, 12);
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(payloads()).isEqualTo(numbered(0, 10));
    assertThatThrownBy(results.get(11)::join).hasCauseInstanceOf(StreamFullException.class);
  }

  @Test
  void producersTogetherStayWithinTheBound() {
    List<StreamProducer> producers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      boolean idempotent = i % 2 == 0;
      producers.add(producer(options -> idempotent ? options.idempotent() : options));
    }
    StreamTopic<String> hundred = fixture.topic.boundedTo(100);
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      results.add(producers.get(i % 4).send(fixture.tenant, hundred, Message.of("t", "m" + i)));
    }
    await().until(() -> results.stream().allMatch(CompletableFuture::isDone));
    assertThat(payloads()).hasSize(100);
    assertThat(results).filteredOn(result -> !result.isCompletedExceptionally()).hasSize(100);
  }

  @Test
  void keepsTheOrderOfBoundedAndUnboundedSends() {
    StreamProducer producer = producer(options -> options);
    StreamTopic<String> large = fixture.topic.boundedTo(100_000);
    List<String> sent = new ArrayList<>();
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      results.add(
          producer.send(
              fixture.tenant, i % 7 < 3 ? large : fixture.topic, Message.of("t", "m" + i)));
      sent.add("m" + i);
    }
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(results).allMatch(result -> result.isDone() && !result.isCompletedExceptionally());
    assertThat(payloads()).isEqualTo(sent);
  }

  @Test
  void aLostReplyIsUnknownUnlessTheProducerIsIdempotent(FaultProxy proxy) {
    RedisConnection through = fixture.connection(proxy.url());
    for (boolean idempotent : new boolean[] {false, true}) {
      StreamProducerBuilder options = StreamProducer.builder(through);
      try (StreamProducer producer = (idempotent ? options.idempotent() : options).build()) {
        proxy.executeButDropReply(line -> line.startsWith("EVAL"));
        CompletableFuture<MessageId> result =
            producer.send(fixture.tenant, ten, Message.of("t", "m" + idempotent));
        if (idempotent) {
          assertThat(result.join()).isNotNull();
        } else {
          assertThatThrownBy(result::join).hasCauseInstanceOf(OutcomeUnknownException.class);
        }
      }
    }
    assertThat(payloads()).containsExactly("mfalse", "mtrue");
  }

  @Test
  void refusesBoundsAndWaitsOutOfRange() {
    assertThatThrownBy(() -> fixture.topic.boundedTo(0)).isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> fixture.topic.boundedTo(StreamTopic.MOST_BOUND + 1))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> WhenFull.waitUpTo(Duration.ofHours(2)))
        .isInstanceOf(InvalidValueException.class);
    assertThat(ten.bound()).isEqualTo(10);
    assertThat(ten.payloadLimit(5).bound()).isEqualTo(10);
  }
}
