package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamConsumerIT {
  private static final Duration WAIT = Duration.ofSeconds(60);
  private static final Duration SHORT_LEASE = Duration.ofMillis(200);

  private final Fixture fixture;
  private final List<StreamConsumer> open = new ArrayList<>();

  StreamConsumerIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    open.forEach(StreamConsumer::closeNow);
    fixture.close();
  }

  private StreamConsumerBuilder builder() {
    return StreamConsumer.builder(fixture.redis)
        .group(GROUP)
        .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3));
  }

  private StreamConsumer consumer() {
    return opened(builder());
  }

  private StreamConsumer opened(StreamConsumerBuilder builder) {
    StreamConsumer consumer = builder.build();
    open.add(consumer);
    return consumer;
  }

  private List<HeldDelivery<String>> poll(StreamConsumer consumer, int most) {
    return consumer.poll(fixture.tenant, fixture.topic, most, WAIT);
  }

  private HeldDelivery<String> one(StreamConsumer consumer) {
    List<HeldDelivery<String>> polled = poll(consumer, 1);
    assertThat(polled).hasSize(1);
    return polled.get(0);
  }

  @Test
  void returnsWhatWasPublishedInOrderAndAcknowledges() {
    List<MessageId> ids = fixture.send(5);
    StreamConsumer consumer = consumer();
    List<HeldDelivery<String>> first = consumer.poll(fixture.tenant, fixture.topic, 3);
    List<HeldDelivery<String>> rest = consumer.poll(fixture.tenant, fixture.topic, 10);
    assertThat(first).extracting(HeldDelivery::id).isEqualTo(ids.subList(0, 3));
    assertThat(rest).extracting(HeldDelivery::id).isEqualTo(ids.subList(3, 5));
    assertThat(first.get(0).message().payload()).isEqualTo("m0");
    assertThat(first.get(0).deliveries()).isEqualTo(1);
    assertThat(first.get(0).group()).isEqualTo(GROUP);
    assertThat(consumer.stats().held()).isEqualTo(5);
    assertThat(first.get(0).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(consumer.ack(rest)).isEmpty();
    assertThat(fixture.pending()).isEqualTo(2);
    assertThat(consumer.stats().acknowledged()).isEqualTo(3);
    assertThat(consumer.stats().held()).isEqualTo(2);
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 10)).isEmpty();
  }

  @Test
  void aPollWaitsForTheFirstMessage() throws Exception {
    StreamConsumer consumer = consumer();
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    CompletableFuture<List<HeldDelivery<String>>> polled =
        CompletableFuture.supplyAsync(() -> poll(consumer, 10));
    assertThat(polled).isNotCompleted();
    fixture.send("m");
    assertThat(polled.get(60, TimeUnit.SECONDS)).hasSize(1);
    long start = System.nanoTime();
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1, Duration.ofMillis(300))).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(290), WAIT);
  }

  @Test
  void acknowledgesInTheBackground() throws Exception {
    fixture.send(200);
    StreamConsumer consumer = consumer();
    List<CompletableFuture<Settlement>> results =
        poll(consumer, 200).stream().map(HeldDelivery::ackAsync).toList();
    for (CompletableFuture<Settlement> result : results) {
      assertThat(result.get(60, TimeUnit.SECONDS)).isEqualTo(Settlement.ACKNOWLEDGED);
    }
    assertThat(fixture.pending()).isZero();
    assertThat(consumer.stats().held()).isZero();
  }

  @Test
  void retriesByThePolicyUntilItGivesUp() {
    MessageId id = fixture.send("m");
    StreamConsumer consumer = consumer();
    assertThat(one(consumer).retry()).isEqualTo(Settlement.RETRYING);
    HeldDelivery<String> second = one(consumer);
    assertThat(second.deliveries()).isEqualTo(2);
    assertThat(second.retry()).isEqualTo(Settlement.RETRYING);
    assertThat(one(consumer).retry()).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(fixture.dead())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.originalId()).isEqualTo(id);
              assertThat(letter.reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
              assertThat(letter.deliveries()).isEqualTo(3);
            });
    assertThat(fixture.pending()).isZero();
    assertThat(consumer.stats().retried()).isEqualTo(2);
    assertThat(consumer.stats().deadLettered()).isEqualTo(1);
  }

  @Test
  void aRetryWaitsForItsDelayAndComesBeforeNewMessages() {
    fixture.send("first");
    StreamConsumer consumer = consumer();
    one(consumer).retry(Duration.ofMillis(1_500));
    assertThat(consumer.poll(fixture.tenant, fixture.topic, 1)).isEmpty();
    HeldDelivery<String> again = one(consumer);
    assertThat(again.message().payload()).isEqualTo("first");
    again.retry(Duration.ZERO);
    fixture.send("second");
    assertThat(poll(consumer, 2))
        .extracting(delivery -> delivery.message().payload())
        .containsExactly("first", "second");
  }

  @Test
  void rejectsWithAReason() {
    fixture.send("m");
    StreamConsumer consumer = consumer();
    assertThat(one(consumer).reject("card declined")).isEqualTo(Settlement.DEAD_LETTERED);
    assertThat(fixture.dead())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
              assertThat(letter.error()).isEqualTo("card declined");
            });
  }

  @Test
  void settlingTwiceIsRefusedWithAClearText() {
    fixture.send(2);
    StreamConsumer consumer = consumer();
    List<HeldDelivery<String>> both = poll(consumer, 2);
    HeldDelivery<String> delivery = both.get(0);
    delivery.ack();
    assertThat(delivery.isSettled()).isTrue();
    assertThatThrownBy(delivery::ack)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was settled before")
        .hasMessageContaining(delivery.id().value());
    assertThatThrownBy(delivery::retry).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> delivery.reject("x")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(delivery::extend).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(delivery::ackAsync).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> consumer.ack(both)).isInstanceOf(IllegalStateException.class);
    assertThat(both.get(1).isSettled()).isFalse();
    HeldDelivery<String> other = both.get(1);
    assertThatThrownBy(() -> consumer.ack(List.of(other, other)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(fixture.pending()).isEqualTo(1);
    assertThat(consumer.ack(List.of(other))).isEmpty();
  }

  @Test
  void aZombieChangesNothing() {
    fixture.send("m");
    StreamConsumer zombie = opened(builder().lease(SHORT_LEASE).autoRenew(false));
    HeldDelivery<String> lost = one(zombie);
    StreamConsumer other = opened(builder().lease(SHORT_LEASE));
    HeldDelivery<String> taken = one(other);
    assertThat(taken.deliveries()).isEqualTo(2);
    assertThat(other.stats().takenOver()).isEqualTo(1);

    assertThat(lost.extend()).isFalse();
    assertThat(lost.isLeaseLost()).isTrue();
    assertThat(lost.retry(Duration.ZERO)).isEqualTo(Settlement.LEASE_LOST);
    assertThat(zombie.stats().leasesLost()).isEqualTo(1);
    assertThat(fixture.pendingOf(other.consumer())).containsExactly(taken.id().value());
    assertThat(taken.extend()).isTrue();
    assertThat(taken.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void aZombieThatRejectsBuriesNothing() {
    fixture.send("m");
    StreamConsumer zombie = opened(builder().lease(SHORT_LEASE).autoRenew(false));
    HeldDelivery<String> lost = one(zombie);
    HeldDelivery<String> taken = one(opened(builder().lease(SHORT_LEASE)));
    assertThat(lost.reject("too late")).isEqualTo(Settlement.LEASE_LOST);
    assertThat(fixture.dead()).isEmpty();
    assertThat(taken.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
  }

  @Test
  void finishedWorkIsAcknowledgedWhoeverHasItAndSaysSo() {
    fixture.send("m");
    StreamConsumer zombie = opened(builder().lease(SHORT_LEASE).autoRenew(false));
    HeldDelivery<String> lost = one(zombie);
    // Does not renew, and so is not told.
    HeldDelivery<String> taken = one(opened(builder().lease(SHORT_LEASE).autoRenew(false)));
    assertThat(zombie.ack(List.of(lost))).containsExactly(lost);
    assertThat(fixture.pending()).isZero();
    assertThat(taken.isLeaseLost()).isFalse();
  }

  @Test
  void leasesAreRenewedInTheBackgroundUnlessTheCallerWantsTo() throws Exception {
    fixture.send(2);
    Duration lease = Duration.ofSeconds(6);
    StreamConsumer renewing = opened(builder().lease(lease));
    HeldDelivery<String> kept = one(renewing);
    StreamConsumer byHand = opened(builder().lease(lease).autoRenew(false));
    HeldDelivery<String> extended = one(byHand);
    StreamConsumer other = opened(builder().lease(lease));
    assertThat(List.of(kept.deliveries(), extended.deliveries())).containsOnly(1L);
    for (int i = 0; i < 16; i++) {
      assertThat(extended.extend()).isTrue();
      assertThat(other.poll(fixture.tenant, fixture.topic, 5, Duration.ofMillis(500))).isEmpty();
    }
    assertThat(kept.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(one(other).id()).isEqualTo(extended.id());
  }

  @Test
  void whatIsExpiredOrNotReadableGoesToTheDeadLetters() {
    fixture.run("XADD", fixture.stream(), "*", "unknown", "field");
    fixture.producer.sendAndWait(
        fixture.tenant,
        fixture.topic,
        Message.of("test", "old").expiresAfter(Duration.ofMillis(1)));
    fixture.producer.sendAndWait(
        fixture.tenant, fixture.topic, Message.of("test", "good").expiresAfter(WAIT.plus(WAIT)));
    StreamConsumer consumer = consumer();
    assertThat(poll(consumer, 10))
        .singleElement()
        .satisfies(delivery -> assertThat(delivery.message().payload()).isEqualTo("good"));
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason)
        .containsExactlyInAnyOrder(DeadLetterReason.NOT_READABLE, DeadLetterReason.EXPIRED);
    assertThat(consumer.stats().deadLettered()).isEqualTo(2);
    assertThat(consumer.stats().held()).isEqualTo(1);
  }

  @Test
  void aPollWithoutWaitIsNotEmptyBecauseOfWhatIsNotReadable() {
    for (int i = 0; i < 3; i++) {
      fixture.run("XADD", fixture.stream(), "*", "unknown", "field");
    }
    fixture.send("good");
    assertThat(consumer().poll(fixture.tenant, fixture.topic, 3)).hasSize(1);
  }

  @Test
  void whatADeadConsumerWasGivenTooOftenIsBuried() {
    fixture.send("poison");
    for (int i = 0; i < 3; i++) {
      StreamConsumer crashing = opened(builder().lease(SHORT_LEASE));
      assertThat(one(crashing).deliveries()).isEqualTo(i + 1);
      crashing.closeNow();
    }
    StreamConsumer last = opened(builder().lease(SHORT_LEASE));
    await()
        .atMost(SOON)
        .until(
            () ->
                last.poll(fixture.tenant, fixture.topic, 1).isEmpty() && !fixture.dead().isEmpty());
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(last.stats().deadLettered()).isEqualTo(1);
  }

  @Test
  void neverHoldsMoreThanItMay() {
    fixture.send(10);
    StreamConsumer consumer = opened(builder().maxHeld(4));
    List<HeldDelivery<String>> held = poll(consumer, 10);
    assertThat(held).hasSize(4);
    assertThatThrownBy(() -> consumer.poll(fixture.tenant, fixture.topic, 1))
        .isInstanceOf(BufferFullException.class)
        .hasMessageContaining("maxHeld");
    CompletableFuture<List<HeldDelivery<String>>> waiting =
        CompletableFuture.supplyAsync(() -> poll(consumer, 10));
    held.get(0).ack();
    held.get(1).ack();
    assertThat(waiting.join()).hasSizeBetween(1, 2);
    assertThat(fixture.pending()).isLessThanOrEqualTo(4);
  }

  @Test
  void closingHandsBackWhatWasPolledAsDeliveredAndLeavesTheGroup() {
    fixture.send(3);
    StreamConsumer first = consumer();
    List<HeldDelivery<String>> held = poll(first, 2);
    CompletableFuture<Settlement> acknowledged = one(first).ackAsync();
    CompletableFuture<?> waiting =
        CompletableFuture.runAsync(
            () -> first.poll(fixture.tenant, fixture.topic, 1, Duration.ofMinutes(5)));
    first.close();
    assertThat(acknowledged).isCompletedWithValue(Settlement.ACKNOWLEDGED);
    assertThat(fixture.pending()).isEqualTo(2);
    assertThat(fixture.consumers()).doesNotContain(first.consumer());
    assertThatThrownBy(waiting::join).hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> first.poll(fixture.tenant, fixture.topic, 1))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(held.get(0)::ack).isInstanceOf(ClosedException.class);
    first.close();
    StreamConsumer second = opened(builder().lease(SHORT_LEASE));
    List<HeldDelivery<String>> again = poll(second, 10);
    assertThat(again)
        .hasSize(2)
        .allSatisfy(one -> assertThat(one.isRedelivery()).isTrue())
        .allSatisfy(one -> assertThat(one.deliveries()).isEqualTo(2));
    assertThat(second.stats().takenOver()).isZero();
  }

  @Test
  void whatWasHandedBackIsTakenAtOnceHoweverLongTheLease() {
    fixture.send(2);
    StreamConsumer first = consumer();
    assertThat(poll(first, 2)).hasSize(2);
    first.close();
    StreamConsumer second = opened(builder().lease(Duration.ofMinutes(5)));
    assertThat(second.poll(fixture.tenant, fixture.topic, 10, WAIT)).hasSize(2);
  }

  @Test
  void manyThreadsPollOneTopicAndMany() throws Exception {
    List<MessageId> ids = fixture.send(300);
    StreamTopic<String> otherTopic = StreamTopic.of("other", fixture.topic.serde());
    fixture.producer.sendAndWait(fixture.tenant, otherTopic, Message.of("t", "o"));
    StreamConsumer consumer = consumer();
    CompletableFuture<?> idle =
        CompletableFuture.runAsync(
            () ->
                consumer.poll(
                    Tenant.of(fixture.tenant.name() + "-2"),
                    fixture.topic,
                    1,
                    Duration.ofSeconds(2)));
    List<CompletableFuture<List<MessageId>>> results = new ArrayList<>();
    CountDownLatch go = new CountDownLatch(1);
    for (int i = 0; i < 4; i++) {
      results.add(
          CompletableFuture.supplyAsync(
              () -> {
                List<MessageId> mine = new ArrayList<>();
                try {
                  go.await();
                  while (consumer.stats().acknowledged() < 301) {
                    List<HeldDelivery<String>> some =
                        consumer.poll(fixture.tenant, fixture.topic, 7, Duration.ofMillis(20));
                    consumer.ack(some);
                    some.forEach(delivery -> mine.add(delivery.id()));
                  }
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                return mine;
              }));
    }
    go.countDown();
    List<HeldDelivery<String>> other = consumer.poll(fixture.tenant, otherTopic, 1, WAIT);
    assertThat(consumer.ack(other)).isEmpty();
    List<MessageId> all = new ArrayList<>();
    for (CompletableFuture<List<MessageId>> result : results) {
      all.addAll(result.get(60, TimeUnit.SECONDS));
    }
    assertThat(all).doesNotHaveDuplicates().hasSameSizeAs(ids).containsAll(ids);
    idle.join();
  }

  @SuppressWarnings("NullAway") // null is among what is refused
  @Test
  void refusesBadValues() throws Exception {
    StreamConsumer consumer = consumer();
    refused("most", () -> consumer.poll(fixture.tenant, fixture.topic, 0));
    refused("most", () -> consumer.poll(fixture.tenant, fixture.topic, 10_001));
    refused("wait", () -> consumer.poll(fixture.tenant, fixture.topic, 1, Duration.ofSeconds(-1)));
    refused("maxHeld", () -> builder().maxHeld(0));
    refused("lease", () -> builder().lease(Duration.ofMillis(1)));
    refused("group", () -> builder().group("a:b"));
    refused("consumerName", () -> builder().consumerName(""));
    refused("drainTimeout", () -> builder().drainTimeout(Duration.ofDays(2)));
    refused("group", () -> StreamConsumer.builder(fixture.redis).build());
    fixture.send(2);
    HeldDelivery<String> delivery = one(consumer);
    refused("retry delay", () -> delivery.retry(Duration.ofMillis(-1)));
    refused("retry delay", () -> delivery.retry(Duration.ofDays(31)));
    refused("reason", () -> delivery.reject(null));
    refused("delivery", () -> consumer().ack(List.of(delivery)));
    refused("deliveries", () -> consumer.ack(null));
    assertThat(delivery.ackAsync().get(60, TimeUnit.SECONDS)).isEqualTo(Settlement.ACKNOWLEDGED);
  }

  private static void refused(String what, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            InvalidValueException.class, error -> assertThat(error.what()).isEqualTo(what));
  }

  @Test
  void anUnreachableServerIsAnErrorWhenTheTimeIsOver() {
    try (RedisConnection nowhere =
        RedisConnection.builder().url("redis://127.0.0.1:1").lazy().build()) {
      StreamConsumer consumer =
          StreamConsumer.builder(nowhere).group(GROUP).drainTimeout(Duration.ofMillis(100)).build();
      assertThatThrownBy(
              () -> consumer.poll(fixture.tenant, fixture.topic, 1, Duration.ofMillis(200)))
          .isInstanceOf(dev.tandem.api.error.UnavailableException.class);
      consumer.close();
    }
  }

  @Test
  void anAcknowledgementUnderWayFailsItsFutureWhenTheServerIsAway() throws Exception {
    fixture.send("m");
    StreamConsumer consumer = consumer();
    HeldDelivery<String> delivery = one(consumer);
    consumer.close();
    assertThatThrownBy(() -> delivery.ackAsync().get(60, TimeUnit.SECONDS))
        .isInstanceOfAny(ClosedException.class, ExecutionException.class);
  }

  @Test
  void whatCannotBeReadForAnErrorIsRetriedAndHoldsUpNothing() {
    Serde<String> text = Serde.string();
    Serde<String> failing =
        new Serde<>() {
          @Override
          public byte[] serialize(String payload, SerdeContext context) {
            return text.serialize(payload, context);
          }

          @Override
          public String deserialize(byte[] bytes, SerdeContext context) {
            String payload = text.deserialize(bytes, context);
            if (payload.equals("bad")) {
              throw new NoClassDefFoundError("missing");
            }
            return payload;
          }
        };
    StreamTopic<String> topic = StreamTopic.of(fixture.topic.name(), failing);
    fixture.send("bad");
    fixture.send("good");
    StreamConsumer consumer = consumer();
    List<HeldDelivery<String>> polled = consumer.poll(fixture.tenant, topic, 10, WAIT);
    assertThat(polled).extracting(one -> one.message().payload()).containsExactly("good");
    polled.get(0).ack();
    await()
        .atMost(SOON)
        .until(
            () -> consumer.poll(fixture.tenant, topic, 10).isEmpty() && fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
    assertThat(fixture.dead().get(0).error()).contains("NoClassDefFoundError");
    assertThat(fixture.dead().get(0).deliveries()).isEqualTo(3);
  }

  @Test
  void whatIsForgottenAndNotExtendedComesAgainAlsoToTheOnlyConsumer() {
    fixture.send("m");
    StreamConsumer consumer = opened(builder().lease(SHORT_LEASE).autoRenew(false).maxHeld(1));
    HeldDelivery<String> forgotten = one(consumer);
    HeldDelivery<String> again = one(consumer);
    assertThat(again.id()).isEqualTo(forgotten.id());
    assertThat(again.deliveries()).isEqualTo(2);
    assertThat(forgotten.isLeaseLost()).isTrue();
    assertThat(forgotten.extend()).isFalse();
    assertThat(forgotten.retry()).isEqualTo(Settlement.LEASE_LOST);
    assertThat(again.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void whatAnotherHasTakenOverTakesNoRoomForEver() {
    fixture.send(2);
    Duration lease = Duration.ofSeconds(5); // long enough that the thief's is not over first
    StreamConsumer consumer = opened(builder().lease(lease).maxHeld(1));
    HeldDelivery<String> taken = one(consumer);
    fixture.run("XCLAIM", fixture.stream(), GROUP, "another", "0", taken.id().value());
    HeldDelivery<String> next = one(consumer);
    assertThat(taken.isLeaseLost()).isTrue();
    assertThat(next.id()).isNotEqualTo(taken.id());
    assertThat(taken.reject("late")).isEqualTo(Settlement.LEASE_LOST);
    assertThat(next.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
  }
}
