package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a consumer does when replies, connections, groups or the server itself are lost. */
@RedisTest(dedicated = true, appendOnly = true)
class StreamConsumerFaultIT {
  private static final Duration LONG_LEASE = Duration.ofMinutes(10);
  private static final Duration WAIT = Duration.ofSeconds(60);

  private final RedisServer server;
  private final Fixture fixture;
  private final List<StreamConsumer> open = new ArrayList<>();

  StreamConsumerFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    open.forEach(StreamConsumer::closeNow);
    fixture.run("CONFIG", "SET", "maxmemory", "0");
    fixture.close();
  }

  private StreamConsumer consumer(String url, Duration lease) {
    StreamConsumer consumer =
        StreamConsumer.builder(fixture.connection(url))
            .group(GROUP)
            .lease(lease)
            .drainTimeout(Duration.ofSeconds(1))
            .retry(RetryPolicy.fixed(Duration.ofMillis(50)).jitter(0).maxDeliveries(10))
            .build();
    open.add(consumer);
    return consumer;
  }

  private HeldDelivery<String> one(StreamConsumer consumer) {
    List<HeldDelivery<String>> polled = consumer.poll(fixture.tenant, fixture.topic, 1, WAIT);
    assertThat(polled).hasSize(1);
    return polled.get(0);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 60})
  void whatALostReadReplyDeliveredIsReturnedAtOnceWithoutCounting(
      long waitSeconds, FaultProxy proxy) {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    MessageId id = fixture.send("m");
    proxy.executeButDropReply(line -> line.startsWith("XREADGROUP"));
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 5, Duration.ofSeconds(waitSeconds)))
        .singleElement()
        .satisfies(
            delivery -> {
              assertThat(delivery.id()).isEqualTo(id);
              assertThat(delivery.deliveries()).isEqualTo(1);
              assertThat(delivery.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
            });
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(consumer.stats().redelivered()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ack", "ackAsync", "batch", "retry", "reject"})
  void aVerbWhoseReplyIsLostHappensOnceAndSaysSo(String verb, FaultProxy proxy) throws Exception {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    fixture.send(2);
    settle(consumer, one(consumer), verb); // the server knows the script from here on
    HeldDelivery<String> delivery = one(consumer);
    while (delivery.isRedelivery()) {
      delivery.ack();
      delivery = one(consumer);
    }
    String id = delivery.id().value();
    proxy.executeButDropReply(line -> line.startsWith("EVAL") && line.contains(id));
    Settlement settled = settle(consumer, delivery, verb);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    switch (verb) {
      case "retry" -> {
        assertThat(settled).isEqualTo(Settlement.RETRYING);
        assertThat(fixture.pendingOf("tandem-parked")).contains(id);
      }
      case "reject" -> {
        assertThat(settled).isEqualTo(Settlement.DEAD_LETTERED);
        assertThat(fixture.dead()).hasSize(2);
        assertThat(fixture.pending()).isZero();
      }
      default -> {
        assertThat(settled).isEqualTo(Settlement.ACKNOWLEDGED);
        assertThat(fixture.pending()).isZero();
      }
    }
    assertThat(consumer.stats().leasesLost()).isZero();
    assertThat(consumer.stats().held()).isZero();
  }

  private static Settlement settle(
      StreamConsumer consumer, HeldDelivery<String> delivery, String verb) throws Exception {
    return switch (verb) {
      case "ack" -> delivery.ack();
      case "ackAsync" -> delivery.ackAsync().get(60, TimeUnit.SECONDS);
      case "batch" ->
          consumer.ack(List.of(delivery)).isEmpty()
              ? Settlement.ACKNOWLEDGED
              : Settlement.LEASE_LOST;
      case "retry" -> delivery.retry();
      default -> delivery.reject("no");
    };
  }

  @Test
  void anExtensionWhoseReplyIsLostIsAskedForAgain(FaultProxy proxy) {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    assertThat(delivery.extend()).isTrue();
    proxy.executeButDropReply(
        line -> line.startsWith("EVAL") && line.contains(delivery.id().value()));
    assertThat(delivery.extend()).isTrue();
    assertThat(delivery.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
  }

  @Test
  void aVerbThatIsNeverAnsweredLeavesTheDeliveryToBeSettledAgain(FaultProxy proxy) {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    for (int i = 0; i < 20; i++) {
      proxy.executeButDropReply(
          line -> line.startsWith("EVAL") && line.contains(delivery.id().value()));
    }
    assertThatThrownBy(delivery::retry)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN));
    assertThat(delivery.isSettled()).isFalse();
    proxy.heal();
    assertThat(delivery.retry()).isEqualTo(Settlement.RETRYING);
    assertThat(one(consumer).deliveries()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "DESTROY", "DESTROY before it was executed"})
  void aRetryThatIsNeverAnsweredIsNotForgottenWithItsGroup(String how, FaultProxy proxy) {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    for (int i = 0; i < 20; i++) {
      proxy.executeButDropReply(
          line -> line.startsWith("EVAL") && line.contains(delivery.id().value()));
    }
    assertThatThrownBy(delivery::retry).isInstanceOf(OutcomeUnknownException.class);
    proxy.heal();
    if (how.equals("FLUSHALL")) {
      fixture.run("FLUSHALL");
      assertThat(delivery.retry()).isEqualTo(Settlement.DEAD_LETTERED);
      assertThat(fixture.dead())
          .extracting(DeadLetter::reason)
          .containsExactly(DeadLetterReason.PAYLOAD_LOST);
    } else {
      fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      if (!how.equals("DESTROY")) {
        fixture.run("DEL", fixture.keys().due().text());
      }
      assertThat(delivery.retry()).isEqualTo(Settlement.RETRYING);
      assertThat(one(consumer).id()).isEqualTo(delivery.id());
    }
    assertThat(consumer.stats().leasesLost()).isZero();
  }

  @Test
  void whatALostPromotionOrSweepTookIsReturnedAtOnce(FaultProxy proxy) {
    Duration lease = Duration.ofSeconds(1);
    StreamConsumer consumer = consumer(proxy.url(), lease);
    fixture.send("retried");
    one(consumer).retry(Duration.ofSeconds(3));
    await().atMost(SOON).until(() -> fixture.pendingOf("tandem-parked").size() == 1);
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    await().pollDelay(Duration.ofMillis(3_100)).until(() -> true);
    proxy.executeButDropReply(
        line -> line.matches("EVALSHA.* tandem-parked tandem-mark-\\S+ \\d+ \\d+"));
    HeldDelivery<String> again = one(consumer);
    assertThat(again.deliveries()).isEqualTo(2);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    again.ack();

    fixture.send("abandoned");
    fixture.readAs("dead", 1);
    await().pollDelay(lease.plusMillis(200)).until(() -> true);
    proxy.executeButDropReply(line -> line.matches("(?s)EVAL.* tandem-released \\d+ \\d+ - .*"));
    HeldDelivery<String> taken = one(consumer);
    assertThat(taken.deliveries()).isEqualTo(2);
    assertThat(proxy.droppedReplies()).isEqualTo(2);
    assertThat(taken.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
  }

  @Test
  void aPollThatWaitsSurvivesResetsAndARestart(FaultProxy proxy) throws Exception {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    CompletableFuture<HeldDelivery<String>> waiting =
        CompletableFuture.supplyAsync(
            () -> consumer.poll(fixture.tenant, fixture.topic, 1, WAIT).get(0));
    proxy.reset();
    server.kill();
    server.restart();
    proxy.reset();
    await().atMost(SOON).ignoreExceptions().until(() -> fixture.send("m") != null);
    assertThat(waiting.get(60, TimeUnit.SECONDS).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "DEL", "XGROUP"})
  void aGroupLostWhileAPollWaitsIsMadeAgain(String how) throws Exception {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send("before");
    one(consumer).ack();
    CompletableFuture<HeldDelivery<String>> waiting =
        CompletableFuture.supplyAsync(() -> one(consumer));
    switch (how) {
      case "DEL" -> fixture.run("DEL", fixture.stream());
      case "XGROUP" -> fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      default -> fixture.run("FLUSHALL");
    }
    fixture.send("after");
    HeldDelivery<String> delivery = waiting.get(60, TimeUnit.SECONDS);
    assertThat(delivery.message().payload()).isEqualTo("after");
    assertThat(delivery.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(fixture.pending()).isZero();
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
  }

  @Test
  void whatIsHeldWhenItsGroupIsLostIsSettledAllTheSame() {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send(4);
    List<HeldDelivery<String>> held = consumer.poll(fixture.tenant, fixture.topic, 4, WAIT);
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    assertThat(held.get(0).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(held.get(1).retry(Duration.ZERO)).isEqualTo(Settlement.RETRYING);
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    assertThat(held.get(2).reject("no")).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(held.get(3).extend()).isTrue();
    assertThat(consumer.ack(held.subList(3, 4))).isEmpty();
    assertThat(fixture.dead()).hasSize(1);
    assertThat(one(consumer).id()).isEqualTo(held.get(1).id());
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 4)).isEmpty();
  }

  @Test
  void whatWasFlushedIsReportedLostWhenItIsRetried() {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send(2);
    List<HeldDelivery<String>> held = consumer.poll(fixture.tenant, fixture.topic, 2, WAIT);
    fixture.run("FLUSHALL");
    assertThat(held.get(0).retry()).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(held.get(1).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
    assertThat(consumer.stats().lost()).isEqualTo(1);
  }

  @Test
  void whatAnotherReportedLostIsDeadLetteredOnce() throws Exception {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    fixture.start((message, held) -> {}, worker -> worker.lease(Duration.ofSeconds(1)));
    String sweep = fixture.stream() + ":group:" + GROUP + ":sweep";
    await() // until the worker has seen that others hold something
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> Long.valueOf(1).equals(fixture.run("EXISTS", sweep)));
    fixture.run("FLUSHALL");
    await().atMost(SOON).until(() -> !fixture.dead().isEmpty());
    assertThat(delivery.reject("no")).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(fixture.dead()).hasSize(1);
  }

  @Test
  void whatWasFlushedIsDeadLetteredOnceThoughTheReplyIsLost(FaultProxy proxy) {
    StreamConsumer consumer = consumer(proxy.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    fixture.run("FLUSHALL");
    assertThat(delivery.extend()).isTrue(); // nobody else can get it
    ModuleScripts.loseReplyOf("group/bury.lua", proxy);
    assertThat(delivery.reject("no")).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(fixture.dead()).hasSize(1);
    assertThat(consumer.stats().lost()).isEqualTo(1);
  }

  @Test
  void aDeadLetterThatCannotBeWrittenLeavesTheDeliveryHeld() {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    fixture.run("XADD", fixture.stream(), "*", "unknown", "field");
    fixture.run("CONFIG", "SET", "maxmemory", "1");
    assertThatThrownBy(() -> delivery.reject("no"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY));
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    assertThat(consumer.stats().held()).isEqualTo(2);
    fixture.run("CONFIG", "SET", "maxmemory", "0");
    fixture.run("SCRIPT", "FLUSH");
    assertThat(delivery.reject("no")).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    assertThat(fixture.dead()).hasSize(2);
    assertThat(consumer.stats().held()).isZero();
  }

  @Test
  void closingKeepsItsTimeWhileTheServerIsFrozen() {
    StreamConsumer consumer = consumer(server.url(), LONG_LEASE);
    fixture.send(1);
    HeldDelivery<String> delivery = one(consumer);
    server.pause();
    CompletableFuture<Settlement> result = delivery.ackAsync();
    long start = System.nanoTime();
    consumer.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    server.resume();
    await().atMost(SOON).until(result::isDone);
  }
}
