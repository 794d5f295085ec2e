package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.serde.Serde;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an idempotent producer promises when replies and connections are lost. */
@RedisTest
class IdempotentProducerIT {
  private final Fixture fixture;
  private final FaultProxy proxy;
  private final RedisConnection through;
  private final RedisConnection impatient;
  private final List<StreamProducer> open = new ArrayList<>();

  IdempotentProducerIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.proxy = FaultProxy.to(server);
    this.through = through(Duration.ofSeconds(60));
    this.impatient = through(Duration.ofSeconds(1));
  }

  private RedisConnection through(Duration replyTimeout) {
    return RedisConnection.builder()
        .url(proxy.url())
        .lazy()
        .replyTimeout(replyTimeout)
        .circuitBreaker(1_000, Duration.ofMillis(20))
        .build();
  }

  private static boolean isAppend(String command) {
    return command.startsWith("EVAL");
  }

  @AfterEach
  void close() {
    open.forEach(producer -> producer.close(Duration.ZERO));
    through.close();
    impatient.close();
    proxy.close();
    fixture.close();
  }

  private StreamProducer producer(UnaryOperator<StreamProducerBuilder> options) {
    return producer(through, options);
  }

  private StreamProducer producer(
      RedisConnection connection, UnaryOperator<StreamProducerBuilder> options) {
    StreamProducer producer =
        options.apply(StreamProducer.builder(connection).idempotent()).build();
    open.add(producer);
    return producer;
  }

  /** One that soon takes a reply for lost that does not come, and so perhaps one that does. */
  private StreamProducer impatientProducer() {
    return producer(impatient, options -> options);
  }

  private StreamProducer producer() {
    return producer(options -> options);
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
    return entries().stream().map(entry -> new String(entry.toMap(0).get("data"), UTF_8)).toList();
  }

  private String memory() {
    return Replies.list(fixture.run("KEYS", fixture.stream() + ":producer:*")).stream()
        .map(Replies::text)
        .findFirst()
        .orElseThrow();
  }

  /** The next append is executed, its reply is lost, and the server cannot be reached then. */
  private CompletableFuture<MessageId> lost(StreamProducer producer, String payload) {
    proxy.executeButDropReply(
        line -> {
          boolean isIt = isAppend(line);
          if (isIt) {
            proxy.blackHole();
          }
          return isIt;
        });
    return send(producer, payload);
  }

  @Test
  void appendsInOrderAndGivesTheEntryIds() {
    StreamProducer producer = producer();
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      sent.add("m" + i);
      results.add(send(producer, "m" + i));
    }
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(payloads()).isEqualTo(sent);
    assertThat(entries().stream().map(entry -> entry.id().toString()).toList())
        .isEqualTo(results.stream().map(result -> result.join().value()).toList());
    assertThat(entries().get(0).toMap(0).keySet())
        .containsExactly("type", "key", "headers", "data");
    Sent.awaitFrom(producer, new Sent(5_000, 0, 0, 0, 0));
    assertThat(Replies.number(fixture.run("PTTL", memory())))
        .isBetween(
            StreamProducerBuilder.REMEMBERED_FOR.minusMinutes(1).toMillis(),
            StreamProducerBuilder.REMEMBERED_FOR.toMillis());
  }

  /** Sends batches of exactly so many messages, however slowly they come. */
  private StreamProducer producerOfBatches(int messages) {
    return producerOfBatches(through, messages);
  }

  private StreamProducer producerOfBatches(RedisConnection connection, int messages) {
    return producer(
        connection,
        options ->
            options.batching(
                BatchSettings.DEFAULT.batch(messages, 1 << 20).linger(Duration.ofMinutes(1))));
  }

  private void sendBefore(StreamProducer producer) {
    CompletableFuture<MessageId> before = send(producer, "before");
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    before.join();
  }

  @Test
  void aLostReplyIsAskedForAgain() {
    StreamProducer producer = producerOfBatches(10);
    sendBefore(producer);
    for (int round = 0; round < 5; round++) {
      proxy.executeButDropReply(IdempotentProducerIT::isAppend);
      List<CompletableFuture<MessageId>> results = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        results.add(send(producer, "m" + i));
      }
      List<String> ids = results.stream().map(result -> result.join().value()).toList();
      List<RawEntry> newest = entries().subList(1 + 10 * round, 11 + 10 * round);
      assertThat(newest.stream().map(entry -> entry.id().toString()).toList()).isEqualTo(ids);
    }
    assertThat(payloads()).hasSize(51);
    Sent.awaitFrom(producer, new Sent(51, 0, 0, 50, 0));
  }

  /** Sends two calls of 256 messages, the second before the reply to the first is read. */
  private List<CompletableFuture<MessageId>> sendTwoCalls(StreamProducer producer) {
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    for (int i = 0; i < 512; i++) {
      results.add(send(producer, "m" + i));
    }
    return results;
  }

  private void assertAppendedInOrderAndOnce(List<CompletableFuture<MessageId>> results) {
    List<String> ids = results.stream().map(result -> result.join().value()).toList();
    List<RawEntry> entries = entries().subList(1, entries().size());
    assertThat(entries.stream().map(entry -> entry.id().toString()).toList()).isEqualTo(ids);
    assertThat(payloads().subList(1, 1 + ids.size()))
        .isEqualTo(IntStream.range(0, ids.size()).mapToObj(i -> "m" + i).toList());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theReplyToTheFirstOrTheSecondOfTwoCallsIsLost(int lost) {
    StreamProducer producer = producerOfBatches(512);
    sendBefore(producer);
    AtomicInteger calls = new AtomicInteger();
    proxy.executeButDropReply(line -> isAppend(line) && calls.incrementAndGet() == lost);
    assertAppendedInOrderAndOnce(sendTwoCalls(producer));
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    Sent.awaitFrom(producer, new Sent(513, 0, 0, lost == 1 ? 512 : 256, 0));
  }

  @Test
  void theRepliesToBothOfTwoCallsAreLost() {
    StreamProducer producer = producerOfBatches(impatient, 512);
    sendBefore(producer);
    proxy.halfOpen();
    List<CompletableFuture<MessageId>> results = sendTwoCalls(producer);
    await().until(() -> payloads().size() == 513);
    proxy.heal();
    assertAppendedInOrderAndOnce(results);
    assertThat(producer.stats().resent()).isGreaterThanOrEqualTo(512);
  }

  @Test
  void theSecondOfTwoCallsIsNotExecutedBeforeTheFirst() {
    StreamProducer producer = producerOfBatches(512);
    sendBefore(producer);
    fixture.run("SCRIPT", "FLUSH"); // the first is refused; with the second goes the script
    assertAppendedInOrderAndOnce(sendTwoCalls(producer));
    Sent.awaitFrom(producer, new Sent(513, 0, 0, 512, 0));
  }

  @Test
  void whatIsRefusedForGoodLetsTheNextCallThrough() {
    StreamProducer producer = producerOfBatches(512);
    fixture.run("SET", fixture.stream(), "a string");
    assertThat(sendTwoCalls(producer))
        .allSatisfy(
            result ->
                assertThatThrownBy(result::join).hasCauseInstanceOf(ServerErrorException.class));
    fixture.run("DEL", fixture.stream());
    sendBefore(producer);
    assertThat(payloads()).containsExactly("before");
    assertThat(producer.stats().failed()).isEqualTo(512);
  }

  @Test
  void waitsForAServerThatCannotBeReached() {
    StreamProducer producer = producer();
    proxy.refuse();
    CompletableFuture<MessageId> first = send(producer, "1");
    await().until(() -> producer.stats().resent() >= 2);
    CompletableFuture<MessageId> second = send(producer, "2");
    assertThat(producer.flush(Duration.ofMillis(10))).isFalse();
    assertThat(producer.stats().waiting()).isEqualTo(2);
    proxy.heal();
    assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
    assertThat(payloads()).containsExactly("1", "2");
    assertThat(List.of(first, second)).allMatch(result -> !result.isCompletedExceptionally());
  }

  @Test
  void knowsTheCallAgainAfterAScriptFlush() {
    StreamProducer producer = producer();
    proxy.executeButDropReply(IdempotentProducerIT::isAppend);
    CompletableFuture<MessageId> result = send(producer, "1");
    fixture.run("SCRIPT", "FLUSH");
    assertThat(result.join()).isNotNull();
    fixture.run("SCRIPT", "FLUSH");
    send(producer, "2").join();
    assertThat(payloads()).containsExactly("1", "2");
  }

  @Test
  void appendsAgainWhatWasFlushedMeanwhile() {
    StreamProducer producer = impatientProducer();
    send(producer, "before").join();
    CompletableFuture<MessageId> result = lost(producer, "1");
    await().until(() -> payloads().contains("1"));
    fixture.run("DEL", fixture.stream(), memory());
    proxy.heal();
    MessageId id = result.join();
    assertThat(payloads()).containsExactly("1");
    assertThat(entries().get(0).id().toString()).isEqualTo(id.value());
  }

  @Test
  void doesNotGuessWhenTheServerHasForgottenTheProducerAlone() {
    StreamProducer producer = impatientProducer();
    send(producer, "before").join();
    CompletableFuture<MessageId> result = lost(producer, "1");
    await().until(() -> payloads().contains("1"));
    fixture.run("DEL", memory());
    proxy.heal();
    assertThatThrownBy(result::join).hasCauseInstanceOf(OutcomeUnknownException.class);
    send(producer, "2").join();
    assertThat(payloads()).containsExactly("before", "1", "2");
    assertThat(producer.stats().outcomeUnknown()).isEqualTo(1);
  }

  @Test
  void givesUpInTimeAndSaysWhetherItIsKnown() {
    StreamProducer producer = producer(options -> options.retryFor(Duration.ofMillis(300)));
    proxy.refuse();
    CompletableFuture<MessageId> never = send(producer, "never");
    assertThatThrownBy(() -> never.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(MessagingException.class)
        .cause()
        .isNotInstanceOf(OutcomeUnknownException.class);
    proxy.heal();
    proxy.executeButDropReply(
        line -> {
          boolean isIt = isAppend(line);
          if (isIt) {
            proxy.refuse();
          }
          return isIt;
        });
    CompletableFuture<MessageId> unknown = send(producer, "unknown");
    assertThatThrownBy(() -> unknown.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(OutcomeUnknownException.class);
    proxy.heal();
    send(producer, "after").join();
    assertThat(payloads()).doesNotContain("never").endsWith("after");
    assertThat(producer.stats().failed()).isEqualTo(1);
    assertThat(producer.stats().outcomeUnknown()).isEqualTo(1);
  }

  @Test
  void aStreamThatRefusesFailsAtOnceAndHoldsUpNoOther() {
    StreamProducer producer = producer();
    StreamTopic<String> wrong = StreamTopic.of("wrong", Serde.string());
    fixture.run("SET", "tenant:" + fixture.tenant + ":stream:wrong", "a string");
    CompletableFuture<MessageId> first = send(producer, "1");
    CompletableFuture<MessageId> refused =
        producer.send(fixture.tenant, wrong, Message.of("t", "2"));
    CompletableFuture<MessageId> third = send(producer, "3");
    first.join();
    third.join();
    assertThatThrownBy(refused::join).hasCauseInstanceOf(ServerErrorException.class);
    Sent.awaitFrom(producer, new Sent(2, 1, 0, 0, 0));
  }

  @Test
  void closeFailsWhatItCannotSendInTime() {
    StreamProducer producer = producer();
    proxy.refuse();
    CompletableFuture<MessageId> first = send(producer, "1");
    await().until(() -> producer.stats().resent() > 0);
    CompletableFuture<MessageId> second = send(producer, "2");
    assertThat(producer.close(Duration.ofMillis(50))).isFalse();
    await().until(() -> first.isDone() && second.isDone());
    assertThatThrownBy(first::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(second::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> send(producer, "3")).isInstanceOf(ClosedException.class);
    await().until(() -> producer.stats().waiting() == 0);
  }

  @Test
  void closeDoesNotClaimToKnowWhatBecameOfALostReply() {
    StreamProducer producer = impatientProducer();
    CompletableFuture<MessageId> result = lost(producer, "1");
    await().until(() -> producer.stats().resent() > 0);
    proxy.refuse();
    producer.close(Duration.ofMillis(50));
    await().until(result::isDone);
    assertThatThrownBy(result::join).hasCauseInstanceOf(OutcomeUnknownException.class);
    assertThat(payloads()).containsExactly("1");
  }

  @Test
  void withoutItNothingIsSentAgain() {
    try (StreamProducer plain = StreamProducer.builder(through).build()) {
      proxy.refuse();
      assertThatThrownBy(() -> send(plain, "1").join())
          .hasCauseInstanceOf(UnavailableException.class);
    }
  }
}
