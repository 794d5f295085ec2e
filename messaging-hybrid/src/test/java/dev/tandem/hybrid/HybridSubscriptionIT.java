package dev.tandem.hybrid;

import static dev.tandem.hybrid.HybridStage.BOTH;
import static dev.tandem.hybrid.HybridStage.CHANNEL;
import static dev.tandem.hybrid.HybridStage.STREAM;
import static dev.tandem.hybrid.HybridStage.awaitEvents;
import static dev.tandem.hybrid.HybridStage.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One sequence from the buffer, the stream and live, whatever each of them has lost. */
@RedisTest
@Timeout(60)
class HybridSubscriptionIT {
  private HybridStage stage;
  private final Viewer viewer = new Viewer();

  @BeforeEach
  void open(RedisServer server, @UniqueTenant String name) {
    stage = new HybridStage(server, name);
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private static Position position(HybridReceipt receipt) {
    return Objects.requireNonNull(receipt.position());
  }

  private HybridSubscription from(HybridReceipt receipt) {
    return stage.watch(HybridSubscribeOptions.from(position(receipt)), viewer);
  }

  private HybridSubscription after(MessageId id) {
    return stage.watch(HybridSubscribeOptions.after(id), viewer);
  }

  private static List<String> events(Object... parts) {
    List<String> all = new ArrayList<>();
    for (Object part : parts) {
      if (part instanceof List<?> list) {
        list.forEach(one -> all.add((String) one));
      } else {
        all.add(part.toString());
      }
    }
    return all;
  }

  @Test
  void whileTheBufferReachesBackTheStreamIsNotRead() {
    HybridReceipt known = stage.publish(5).get(1);

    HybridSubscription subscription = from(known);
    awaitEvents(viewer, numbers(2, 5));
    stage.publish(3);

    awaitEvents(viewer, numbers(2, 8));
    assertThat(subscription.stats().catchUps()).isZero();
    assertThat(subscription.stats().live()).isTrue();
  }

  @Test
  void beyondTheBufferTheStreamIsReadAndThenItIsLive() {
    HybridReceipt known = stage.publish(1_000).get(9);

    HybridSubscription subscription = from(known);
    subscription.active().join();
    List<HybridReceipt> later = stage.publish(5);

    awaitEvents(viewer, numbers(10, 1_005));
    assertThat(subscription.stats().fromStream()).isBetween(970L, 990L);
    assertThat(viewer.ids().get(994)).isEqualTo(later.get(4).id().value());
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> position(later.get(4)).equals(subscription.position()));
  }

  @Test
  void publishingGoesOnWhileItCatchesUpAndTheBufferIsTrimmedMeanwhile() {
    HybridReceipt known = stage.publishTogether(2_000, BOTH).get(0);
    Viewer slow =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            if (count() == 500 || count() == 1_900) {
              stage.publish(200);
            }
          }
        };

    stage.watch(HybridSubscribeOptions.from(position(known)), slow);

    awaitEvents(slow, numbers(1, 2_400));
  }

  @Test
  void aBufferThatIsGoneIsMadeUpForByTheStream() {
    HybridReceipt known = stage.publish(8).get(0);
    stage.server.execute("DEL", stage.channel + ":buffer");

    from(known);

    awaitEvents(viewer, numbers(1, 8));
    stage.publish(2);
    awaitEvents(viewer, numbers(1, 10));
  }

  @Test
  void aLogThatIsLostAloneIsNoGap() {
    HybridReceipt known = stage.publish(30).get(3);
    stage.loseLog();
    HybridReceipt inSecondLog = stage.publish(30).get(7);
    stage.loseLog();
    stage.publish(5);
    stage.loseLog();

    HybridSubscription subscription = from(known);

    awaitEvents(viewer, numbers(4, 65));
    await().atMost(Duration.ofSeconds(10)).until(() -> subscription.stats().live());
    stage.publish(20);
    awaitEvents(viewer, numbers(4, 85));
    Viewer second = new Viewer();
    stage.watch(HybridSubscribeOptions.from(position(inSecondLog)), second);
    awaitEvents(second, numbers(38, 85));
  }

  @Test
  void aLogThatIsLostUnderALiveSubscriptionIsNoGap() {
    HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
    subscription.active().join();
    stage.publish(3);
    awaitEvents(viewer, numbers(0, 3));

    stage.loseLog();
    stage.publish(30);

    awaitEvents(viewer, numbers(0, 33));
    stage.loseLog();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> subscription.stats().catchUps() >= 2 && subscription.stats().live());
    stage.publish(1);
    awaitEvents(viewer, numbers(0, 34));
  }

  @Test
  void aTrimmedStreamIsOneGapAndThenTheOldestThatIsThere() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute("XTRIM", stage.stream, "MINID", receipts.get(50).id().value());

    from(receipts.get(9));

    awaitEvents(viewer, events("TRIMMED", numbers(50, 100)));
    assertThat(viewer.gaps().get(0).from()).isEqualTo(receipts.get(9).position());
    assertThat(viewer.gaps().get(0).resumesAt().version()).isEqualTo(50);
  }

  @Test
  void aGapEndsWhereTheBufferBeginsIfTheStreamHasLess() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute("XTRIM", stage.stream, "MAXLEN", "2");

    from(receipts.get(9));

    await().atMost(Duration.ofSeconds(10)).until(() -> viewer.payloads().contains("99"));
    int first = Integer.parseInt(viewer.payloads().get(0));
    assertThat(first).isLessThanOrEqualTo(90);
    assertThat(viewer.events()).isEqualTo(events("TRIMMED", numbers(first, 100)));
  }

  @Test
  void theResumingPositionOfAGapMissesNothing() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute("XTRIM", stage.stream, "MINID", receipts.get(50).id().value());
    from(receipts.get(9));
    awaitEvents(viewer, events("TRIMMED", numbers(50, 100)));

    Viewer back = new Viewer();
    stage.watch(HybridSubscribeOptions.from(viewer.gaps().get(0).resumesAt()), back);

    awaitEvents(back, numbers(50, 100));
  }

  @Test
  void whatWasPublishedToTheChannelAloneComesFromTheBuffer() {
    HybridReceipt known = stage.publish(30).get(3);
    stage.publish(2, CHANNEL);
    stage.publish(2);

    from(known);

    awaitEvents(viewer, numbers(4, 34));
  }

  @Test
  void whatWasPublishedToTheChannelAloneAndIsInNoBufferAnyMoreIsAGap() {
    HybridReceipt known = stage.publish(30).get(3);
    stage.publish(2, CHANNEL);
    stage.publish(200);

    from(known);

    awaitEvents(viewer, events(numbers(4, 30), "TRIMMED", numbers(32, 232)));
  }

  @Test
  void whatIsInTheStreamAloneIsNotPartOfTheSequence() {
    HybridReceipt known = stage.publish(10).get(3);
    stage.publishTogether(1_500, STREAM);
    stage.server.execute("XADD", stage.stream, "*", "foreign", "field");
    stage.server.execute("XADD", stage.stream, "*", "data", "x", "positions", "board:garbage");
    stage.publish(100);

    from(known);

    awaitEvents(viewer, events(numbers(4, 10), numbers(1_510, 1_610)));
  }

  @Test
  void aDeletedEntryIsAGapOnlyIfTheBufferHasLostItToo() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute(
        "XDEL",
        stage.stream,
        receipts.get(20).id().value(),
        receipts.get(21).id().value(),
        receipts.get(97).id().value());

    from(receipts.get(9));

    awaitEvents(viewer, events(numbers(10, 20), "TRIMMED", numbers(22, 100)));
  }

  @Test
  void theLastMessageKnownMayBeDeleted() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute("XDEL", stage.stream, receipts.get(9).id().value());

    from(receipts.get(9));

    awaitEvents(viewer, numbers(10, 100));
  }

  @Test
  void aFlushedServerIsAGap() {
    HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
    subscription.active().join();
    stage.publish(5);
    awaitEvents(viewer, numbers(0, 5));
    stage.loseLog();
    stage.server.execute("DEL", stage.stream);
    stage.publish(5);

    awaitEvents(viewer, events(numbers(0, 5), "EPOCH_CHANGED", numbers(5, 10)));
  }

  @Test
  void aPositionOfAnotherChannelIsAGap() {
    stage.publish(30);

    stage.watch(HybridSubscribeOptions.from(new Position("elsewhere", 7, "abc")), viewer);

    await().atMost(Duration.ofSeconds(10)).until(() -> viewer.payloads().contains("29"));
    assertThat(viewer.events().get(0)).isEqualTo("EPOCH_CHANGED");
    assertThat(viewer.reasons()).hasSize(1);
  }

  @Test
  void aPositionThatNeverWasIsRolledBack() {
    HybridReceipt known = stage.publish(30).get(3);

    stage.watch(
        HybridSubscribeOptions.from(
            new Position(position(known).epoch(), position(known).version(), "forged")),
        viewer);

    await().atMost(Duration.ofSeconds(10)).until(() -> viewer.payloads().contains("29"));
    int first = Integer.parseInt(viewer.payloads().get(0));
    assertThat(viewer.events()).isEqualTo(events("ROLLED_BACK", numbers(first, 30)));
  }

  @Test
  void beginsAfterAStreamId() {
    List<HybridReceipt> receipts = stage.publish(100);
    HybridReceipt alone = stage.publish(1, STREAM).get(0);
    stage.publish(100);

    after(receipts.get(9).id());
    awaitEvents(viewer, events(numbers(10, 100), numbers(101, 201)));

    Viewer second = new Viewer();
    stage.watch(HybridSubscribeOptions.after(alone.id()), second);
    awaitEvents(second, numbers(101, 201));
  }

  @Test
  void aStreamIdWithNothingBehindItBeginsNow() {
    stage.publish(10);
    HybridReceipt alone = stage.publish(1, STREAM).get(0);

    HybridSubscription subscription = after(alone.id());
    subscription.active().join();
    stage.publish(2);

    awaitEvents(viewer, numbers(11, 13));
  }

  @Test
  void aStreamIdThatIsTrimmedIsAGapUnlessTheBufferHasIt() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.server.execute("XTRIM", stage.stream, "MINID", receipts.get(99).id().value());

    after(receipts.get(97).id());
    awaitEvents(viewer, numbers(98, 100));

    Viewer far = new Viewer();
    stage.watch(HybridSubscribeOptions.after(receipts.get(9).id()), far);
    await().atMost(Duration.ofSeconds(10)).until(() -> far.payloads().contains("99"));
    int first = Integer.parseInt(far.payloads().get(0));
    assertThat(far.events()).isEqualTo(events("TRIMMED", numbers(first, 100)));

    stage.server.execute("DEL", stage.channel + ":buffer");
    stage.server.execute("XTRIM", stage.stream, "MAXLEN", "0");
    Viewer none = new Viewer();
    stage.watch(HybridSubscribeOptions.after(receipts.get(9).id()), none);
    await().atMost(Duration.ofSeconds(10)).until(() -> stage.bus.stats().subscriptions() >= 3);
    stage.publish(2);
    await().atMost(Duration.ofSeconds(10)).until(() -> none.payloads().contains("101"));
    assertThat(none.events()).isEqualTo(events("TRIMMED", numbers(100, 102)));
  }

  @Test
  void aStreamIdThatIsTrimmedWithNothingBehindItIsNoGap() {
    HybridReceipt last = stage.publish(3).get(2);
    stage.server.execute("XTRIM", stage.stream, "MAXLEN", "0");
    stage.server.execute("DEL", stage.channel + ":buffer");

    after(last.id()).active().join();
    stage.publish(2);

    awaitEvents(viewer, numbers(3, 5));
  }

  @Test
  void aLogThatIsLostTwiceWithNothingInBetweenIsNoGap() {
    HybridReceipt known = stage.publish(3).get(2);
    HybridSubscription subscription = from(known);
    subscription.active().join();
    for (int loss = 1; loss <= 2; loss++) {
      int before = loss;
      stage.loseLog();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> subscription.stats().catchUps() >= before && subscription.stats().live());
    }
    assertThat(subscription.position()).isEqualTo(known.position());
    stage.publish(2);

    awaitEvents(viewer, numbers(3, 5));
  }

  @Test
  void aStreamIdThatIsDeletedIsNotDeliveredAgain() {
    List<HybridReceipt> receipts = stage.publish(5);
    stage.server.execute("XDEL", stage.stream, receipts.get(2).id().value());

    after(receipts.get(2).id());

    awaitEvents(viewer, numbers(3, 5));
  }

  @Test
  void aStreamIdAheadOfTheStreamIsRolledBack() {
    stage.publish(30);

    after(MessageId.of("99999999999999-0"));

    await().atMost(Duration.ofSeconds(10)).until(() -> !viewer.gaps().isEmpty());
    stage.publish(2);
    awaitEvents(viewer, events("ROLLED_BACK", numbers(30, 32)));
  }

  @Test
  void fromTheBeginningTakesWhicheverReachesBackFurther() {
    List<HybridReceipt> receipts = stage.publish(100);
    stage.watch(HybridSubscribeOptions.fromBeginning(), viewer);
    awaitEvents(viewer, numbers(0, 100));

    stage.server.execute("XTRIM", stage.stream, "MINID", receipts.get(99).id().value());
    Viewer buffered = new Viewer();
    stage.watch(HybridSubscribeOptions.fromBeginning(), buffered);
    await().atMost(Duration.ofSeconds(10)).until(() -> buffered.payloads().contains("99"));
    int first = Integer.parseInt(buffered.payloads().get(0));
    assertThat(first).isLessThanOrEqualTo(90);
    assertThat(buffered.events()).isEqualTo(numbers(first, 100));

    stage.server.execute("DEL", stage.channel + ":buffer");
    Viewer streamed = new Viewer();
    stage.watch(HybridSubscribeOptions.fromBeginning(), streamed);
    awaitEvents(streamed, numbers(99, 100));
  }

  @Test
  void fromTheBeginningOfNothingIsFromNow() {
    HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromBeginning(), viewer);
    subscription.active().join();

    stage.publish(2);

    awaitEvents(viewer, numbers(0, 2));
  }

  @Test
  void whatHasExpiredOrIsNotWantedCountsAsSeen() {
    HybridReceipt known = stage.publish(1).get(0);
    stage.publisher.publish(
        stage.tenant, Message.of("paid", "gone").expiresAfter(Duration.ofMillis(1)), BOTH);
    stage.publisher.publish(
        stage.tenant, Message.of("paid", "stays").expiresAfter(Duration.ofHours(1)), BOTH);
    stage.publisher.publish(stage.tenant, Message.of("viewed", "other type"), BOTH);
    stage.publisher.publish(stage.tenant, Message.of("paid", "unwanted"), BOTH);
    HybridReceipt last = stage.publish(200).get(199);
    HybridSubscribeOptions options =
        HybridSubscribeOptions.from(position(known))
            .types("paid")
            .filter(message -> !"unwanted".equals(message.payload()));

    HybridSubscription subscription = stage.watch(options, viewer);

    awaitEvents(viewer, events("stays", numbers(1, 201)));
    assertThat(subscription.stats().expired()).isEqualTo(1);
    assertThat(subscription.stats().filtered()).isEqualTo(2);
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> position(last).equals(subscription.position()));
  }

  @Test
  void messagesOfTheStreamLookLikeLiveOnes() {
    HybridReceipt known = stage.publish(1).get(0);
    HybridReceipt one =
        stage.publisher.publish(
            stage.tenant, Message.of("paid", "x").key("k").header("trace", "t"), BOTH);
    stage.publish(100);
    List<LiveMessage<String>> got = new ArrayList<>();
    CountDownLatch first = new CountDownLatch(1);
    Viewer keeping =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            got.add(message);
            first.countDown();
          }
        };
    stage.watch(HybridSubscribeOptions.from(position(known)), keeping);

    await().atMost(Duration.ofSeconds(10)).until(() -> first.getCount() == 0);
    LiveMessage<String> message = got.get(0);
    assertThat(message.id()).isEqualTo(one.id());
    assertThat(message.position()).isEqualTo(one.position());
    assertThat(message.type()).isEqualTo("paid");
    assertThat(message.key()).isEqualTo("k");
    assertThat(message.headers().get("trace")).contains("t");
    assertThat(message.payload()).isEqualTo("x");
    assertThat(message.raw()).asString().isEqualTo("x");
    assertThat(message.channel()).isEqualTo("board");
    assertThat(message.tenant()).isEqualTo(stage.tenant);
    assertThat(message.timestamp().toEpochMilli())
        .isEqualTo(Long.parseLong(one.id().value().replaceAll("-.*", "")));
  }

  @Test
  void aListenerThatThrowsLosesNothingMore() {
    HybridReceipt known = stage.publish(100).get(0);
    Viewer throwing =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            if (count() % 10 == 0) {
              throw new IllegalStateException("as the test wants");
            }
          }
        };

    HybridSubscription subscription =
        stage.watch(HybridSubscribeOptions.from(position(known)), throwing);

    awaitEvents(throwing, numbers(1, 100));
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> subscription.stats().listenerFailures() == 9);
  }

  @Test
  void closedWhileItCatchesUpNothingIsCalledAnyMoreAndThePositionIsGood() throws Exception {
    HybridReceipt known = stage.publishTogether(1_000, BOTH).get(0);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Viewer stopping =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            if (count() == 100) {
              reached.countDown();
              HybridStage.hold(closed);
            }
          }
        };
    HybridSubscription subscription =
        stage.watch(HybridSubscribeOptions.from(position(known)), stopping);
    reached.await();
    subscription.close();
    closed.countDown();

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> Objects.equals(subscription.position(), stopping.last()));
    stage.watch(
        HybridSubscribeOptions.from(Objects.requireNonNull(subscription.position())), viewer);
    awaitEvents(viewer, numbers(101, 1_000));
    assertThat(stopping.events()).isEqualTo(numbers(1, 101));
    assertThat(subscription.active()).isCompletedExceptionally();
    assertThat(subscription.stats().live()).isFalse();
  }

  @Test
  void aListenerMayCloseItsSubscription() {
    stage.publish(100);
    List<HybridSubscription> own = new ArrayList<>();
    Viewer closing =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            if (count() == 3) {
              own.get(0).close();
            }
          }
        };
    own.add(stage.watch(HybridSubscribeOptions.fromNow(), closing));
    own.get(0).active().join();
    stage.publish(5);

    await().atMost(Duration.ofSeconds(10)).until(() -> closing.count() == 3);
    await().atMost(Duration.ofSeconds(10)).until(() -> stage.bus.stats().subscriptions() == 0);
    assertThat(closing.events()).isEqualTo(numbers(100, 103));
  }

  @Test
  void moreThanAQueueHoldsWhileTheListenerIsSlow() {
    CountDownLatch go = new CountDownLatch(1);
    Viewer slow =
        new Viewer() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            HybridStage.hold(go);
          }
        };
    HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromNow(), slow);
    subscription.active().join();
    stage.publishTogether(50_000, BOTH);
    go.countDown();

    awaitEvents(slow, numbers(0, 50_000));
    assertThat(subscription.stats().catchUps()).isPositive();
  }

  @Test
  void aStreamThatCannotBeReadIsTriedAgainUntilItCan() {
    HybridReceipt known = stage.publish(50).get(0);
    stage.server.execute("RENAME", stage.stream, stage.stream + "-aside");
    stage.server.execute("SET", stage.stream, "no stream");
    from(known);
    await().atMost(Duration.ofSeconds(10)).until(() -> stage.bus.stats().subscriptions() == 0);

    stage.server.execute("RENAME", stage.stream + "-aside", stage.stream);

    awaitEvents(viewer, numbers(1, 50));
  }

  @Test
  void refusesWhatCannotWork() {
    assertThatThrownBy(
            () ->
                stage.subscriber.subscribe(
                    stage.tenant,
                    HybridStage.TOPIC,
                    HybridStage.BOARD.fleeting(),
                    HybridSubscribeOptions.fromNow(),
                    viewer))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("recoverable");
    assertThatThrownBy(() -> HybridSubscribeOptions.after(MessageId.of("instance-7")))
        .isInstanceOf(InvalidValueException.class);

    HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
    stage.subscriber.close();
    assertThat(subscription.active()).isCompletedExceptionally();
    assertThatThrownBy(() -> stage.watch(HybridSubscribeOptions.fromNow(), viewer))
        .isInstanceOf(ClosedException.class);
    assertThat(viewer.reasons()).doesNotContain(GapReason.TOO_FAR);
  }
}
