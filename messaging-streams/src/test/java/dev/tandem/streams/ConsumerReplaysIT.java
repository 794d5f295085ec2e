package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a consumer makes of dead letters that are replayed to its group. */
@RedisTest
class ConsumerReplaysIT {
  private static final Duration LEASE = Duration.ofMillis(400);
  private static final Duration WAIT = Duration.ofSeconds(60);

  private final Fixture fixture;
  private final List<StreamConsumer> open = new ArrayList<>();

  ConsumerReplaysIT(RedisServer server, @UniqueTenant String tenant) {
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
        .lease(LEASE)
        .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3));
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

  /** Publishes so many, has them rejected by a consumer, and replays them. */
  private List<MessageId> replayed(StreamConsumer consumer, int count) {
    List<MessageId> ids = fixture.send(count);
    int rejected = 0;
    while (rejected < count) {
      for (HeldDelivery<String> one : poll(consumer, 100)) {
        one.reject("not now");
        rejected++;
      }
    }
    replayAll();
    return ids;
  }

  private void replayAll() {
    fixture.deadLetters.replayAll(fixture.tenant, fixture.topic.name(), GROUP);
  }

  private String replayStream() {
    return fixture.keys().replay().stream().text();
  }

  private long replayStreamLength() {
    return Replies.number(fixture.run("XLEN", replayStream()));
  }

  private List<String> replayConsumers() {
    return Replies.list(fixture.run("XINFO", "CONSUMERS", replayStream(), GROUP)).stream()
        .map(info -> Replies.text(Replies.map(info).get("name")))
        .toList();
  }

  @Test
  void areReturnedWithTheirOwnIdAsRedeliveriesAndLeaveNothingBehind() {
    StreamConsumer consumer = opened(builder());
    for (int round = 0; round < 2; round++) {
      MessageId id = replayed(consumer, 1).get(0);
      HeldDelivery<String> replay = one(consumer);
      assertThat(replay.id()).isEqualTo(id);
      assertThat(replay.message().payload()).isEqualTo("m0");
      assertThat(replay.deliveries()).isEqualTo(1);
      assertThat(replay.isRedelivery()).isTrue();
      assertThat(replay.publishedAt().toEpochMilli() + "-")
          .isEqualTo(id.value().substring(0, id.value().indexOf('-') + 1));
      assertThat(replay.extend()).isTrue();
      await().during(LEASE.multipliedBy(3)).until(() -> !replay.isLeaseLost());
      assertThat(round == 0 ? replay.ack() : replay.ackAsync().join())
          .isEqualTo(Settlement.ACKNOWLEDGED);
      assertThat(replayStreamLength()).isZero();
      assertThat(consumer.stats().held()).isZero();
      // Until the consumer does not read the stream of replays any more.
      await()
          .atMost(SOON)
          .until(
              () ->
                  consumer.poll(fixture.tenant, fixture.topic, 1).isEmpty()
                      && !replayConsumers().contains(consumer.consumer()));
    }
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void areRetriedAndRejectedWithTheirOrigin() {
    StreamConsumer consumer = opened(builder());
    MessageId id = replayed(consumer, 1).get(0);
    assertThat(one(consumer).retry(Duration.ofMillis(50))).isEqualTo(Settlement.RETRYING);
    HeldDelivery<String> second = one(consumer);
    assertThat(second.id()).isEqualTo(id);
    assertThat(second.deliveries()).isEqualTo(2);
    assertThat(second.retry()).isEqualTo(Settlement.RETRYING);
    HeldDelivery<String> third = one(consumer);
    assertThat(third.deliveries()).isEqualTo(3);
    assertThat(third.reject("never")).isEqualTo(Settlement.DEAD_LETTERED);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.originalId()).isEqualTo(id);
    assertThat(letter.replays()).isEqualTo(1);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
    assertThat(replayStreamLength()).isZero();
    replayAll();
    assertThat(consumer.ack(poll(consumer, 10))).isEmpty();
    assertThat(replayStreamLength()).isZero();
  }

  @Test
  void areTakenOverFromDeadMembersAndAfterTheirRetriesWhoeverWasGone() {
    StreamConsumer first = opened(builder());
    replayed(first, 3);
    HeldDelivery<String> waiting = one(first);
    waiting.retry(Duration.ofMillis(1_500));
    HeldDelivery<String> held = one(first);
    fixture.run("XREADGROUP", "GROUP", GROUP, "dead", "COUNT", "1", "STREAMS", replayStream(), ">");
    first.closeNow();
    assertThat(held.isRedelivery()).isTrue();

    StreamConsumer second = opened(builder());
    Set<String> payloads = new HashSet<>();
    while (payloads.size() < 3) {
      for (HeldDelivery<String> one : poll(second, 10)) {
        assertThat(one.deliveries()).isEqualTo(2);
        assertThat(payloads.add(one.message().payload())).isTrue();
        assertThat(one.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
      }
    }
    assertThat(second.stats().takenOver()).isEqualTo(2);
    assertThat(replayStreamLength()).isZero();
  }

  @Test
  void areHandedBackWhenTheirConsumerIsClosed() {
    StreamConsumer first = opened(builder());
    replayed(first, 2);
    one(first);
    first.close();
    assertThat(replayConsumers()).doesNotContain(first.consumer());
    StreamConsumer second = opened(builder());
    List<Long> deliveries = new ArrayList<>();
    while (deliveries.size() < 2) {
      for (HeldDelivery<String> one : poll(second, 10)) {
        deliveries.add(one.deliveries());
        one.ack();
      }
    }
    assertThat(deliveries).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void comeMixedWithWhatIsNewHoweverLittleIsPolled() {
    StreamConsumer consumer = opened(builder());
    replayed(consumer, 20);
    await()
        .atMost(SOON)
        .until(
            () -> {
              List<HeldDelivery<String>> polled =
                  consumer.poll(fixture.tenant, fixture.topic, 2, WAIT);
              consumer.ack(polled);
              return !polled.isEmpty();
            });
    fixture.send(60);
    for (int most : new int[] {1, 2, 7}) {
      int replays = 0;
      int taken = 0;
      while (taken < 12) {
        List<HeldDelivery<String>> polled = poll(consumer, Math.min(most, 12 - taken));
        taken += polled.size();
        replays += (int) polled.stream().filter(Delivery::isRedelivery).count();
        consumer.ack(polled);
      }
      assertThat(replays).as("replays among 12, by " + most).isBetween(4, 8);
    }
  }

  @Test
  void aLostReplyIsMadeUpForAndNotCountedAgain(FaultProxy proxy) {
    StreamConsumer consumer =
        opened(StreamConsumer.builder(fixture.connection(proxy.url())).group(GROUP).lease(LEASE));
    List<MessageId> ids = replayed(consumer, 3);
    proxy.executeButDropReply(
        line -> line.startsWith("XREADGROUP") && line.contains(replayStream()));
    List<HeldDelivery<String>> all = new ArrayList<>();
    while (all.size() < 3) {
      all.addAll(poll(consumer, 10));
    }
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(all).extracting(HeldDelivery::id).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(all).allSatisfy(one -> assertThat(one.deliveries()).isEqualTo(1));
    assertThat(consumer.ack(all)).isEmpty();
    assertThat(replayStreamLength()).isZero();
  }

  @Test
  void aGroupOfReplaysThatIsLostIsMadeAgainWithWhatIsHeld() {
    StreamConsumer consumer = opened(builder());
    replayed(consumer, 2);
    HeldDelivery<String> held = one(consumer);
    fixture.run("XGROUP", "DESTROY", replayStream(), GROUP);
    assertThat(held.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    HeldDelivery<String> other = one(consumer);
    assertThat(other.id()).isNotEqualTo(held.id());
    assertThat(other.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    assertThat(replayStreamLength()).isZero();
  }

  @Test
  void whatIsInTheirPlaceKeepsNothingElseFromBeingPolled() {
    StreamConsumer consumer = opened(builder());
    replayed(consumer, 1);
    one(consumer).ack();
    fixture.run("DEL", replayStream());
    fixture.run("SET", replayStream(), "something else");
    for (int i = 0; i < 5; i++) {
      MessageId id = fixture.send("new");
      HeldDelivery<String> next = one(consumer);
      assertThat(next.id()).isEqualTo(id);
      assertThat(next.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
    }
  }
}
