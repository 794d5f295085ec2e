package dev.tandem.hybrid;

import static dev.tandem.hybrid.HybridStage.BOARD;
import static dev.tandem.hybrid.HybridStage.BOTH;
import static dev.tandem.hybrid.HybridStage.TOPIC;
import static dev.tandem.hybrid.HybridStage.awaitEvents;
import static dev.tandem.hybrid.HybridStage.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How hybrid subscriptions begin and end, and what their subscriber tells of itself. */
@RedisTest
@Timeout(60)
class HybridSubscriberIT {
  private static final Duration SOON = Duration.ofSeconds(10);

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

  @Test
  void whatIsLostFromTheBufferBeforeASubscriptionHasBegunComesFromTheStream() {
    for (int i = 0; i < 100; i++) {
      Tenant tenant = Tenant.of(stage.tenant.name() + "-" + i);
      Viewer fresh = new Viewer();
      HybridSubscription subscription =
          stage.subscriber.subscribe(
              tenant, TOPIC, BOARD, HybridSubscribeOptions.fromBeginning(), fresh);
      stage.publisher.publish(tenant, Message.of("paid", "0"), BOTH);
      stage.publisher.publish(tenant, Message.of("paid", "1"), BOTH);
      stage.server.execute("DEL", "tenant:" + tenant.name() + ":channel:board:buffer");
      stage.publisher.publish(tenant, Message.of("paid", "2"), BOTH);

      awaitEvents(fresh, numbers(0, 3));
      subscription.close();
    }
  }

  @Test
  void thoseWhoComeBackTogetherReadTheStreamOnce() {
    Position known = Objects.requireNonNull(stage.publishTogether(2_000, BOTH).get(0).position());
    stage.server.execute("DEL", stage.channel + ":buffer");
    long before = stage.watching.stats().roundTrips();
    List<Viewer> viewers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Viewer each = new Viewer();
      viewers.add(each);
      stage.watch(HybridSubscribeOptions.from(known), each);
    }

    viewers.forEach(each -> awaitEvents(each, numbers(1, 2_000)));

    // Alone, each finds its place in some forty reads, and then reads ten pages.
    assertThat(stage.watching.stats().roundTrips() - before).isLessThan(200 * 12);
  }

  @Test
  void aBusThatIsClosedFirstEndsSubscriptionsWithAnError() {
    HybridSubscription live = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
    live.active().join();
    stage.publish(3);
    awaitEvents(viewer, numbers(0, 3));
    assertThat(live.ended()).isNotDone();

    stage.bus.close();

    assertThatThrownBy(live.ended()::join).hasCauseInstanceOf(ClosedException.class);
    assertThat(stage.subscriber.health().status()).isEqualTo(Health.Status.DOWN);
    assertThatThrownBy(() -> stage.watch(HybridSubscribeOptions.fromNow(), viewer))
        .isInstanceOf(ClosedException.class);
    stage.publish(20);
    try (LiveBus bus = LiveBus.builder(stage.redis).build();
        HybridSubscriber another = HybridSubscriber.builder(stage.redis, bus).build()) {
      another.subscribe(
          stage.tenant,
          TOPIC,
          BOARD,
          HybridSubscribeOptions.from(Objects.requireNonNull(live.position())),
          viewer);
      awaitEvents(viewer, numbers(0, 23));
    }
  }

  @Test
  void aBusThatIsClosedWhileTheStreamCannotBeReadEndsThemToo() {
    stage.server.execute("SET", stage.stream, "no stream");
    HybridSubscription begun = stage.watch(HybridSubscribeOptions.fromBeginning(), viewer);
    await().atMost(SOON).until(() -> stage.subscriber.health().detail().contains("1 of 1"));

    stage.bus.close();

    assertThatThrownBy(begun.ended()::join).hasCauseInstanceOf(ClosedException.class);
    assertThat(begun.active()).isCompletedExceptionally();
  }

  @Test
  void whatIsClosedOnPurposeEndsWithoutError() {
    HybridSubscription one = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
    HybridSubscription other = stage.watch(HybridSubscribeOptions.fromNow(), viewer);

    one.close();
    assertThat(one.ended()).isCompleted();
    assertThat(other.ended()).isNotDone();
    stage.subscriber.close();
    assertThat(other.ended()).isCompleted();
  }

  @Test
  void healthTellsOfStreamsThatCannotBeReadUntilTheyCan() {
    stage.publish(50);
    stage.server.execute("RENAME", stage.stream, stage.stream + "-aside");
    stage.server.execute("SET", stage.stream, "no stream");
    stage.watch(HybridSubscribeOptions.fromNow(), new Viewer());
    stage.watch(HybridSubscribeOptions.fromBeginning(), viewer);

    await().atMost(SOON).until(() -> stage.subscriber.health().status() == Health.Status.DEGRADED);
    assertThat(stage.subscriber.health().detail())
        .startsWith("1 of 2 subscriptions cannot go on now, the first: ")
        .contains("WRONGTYPE");

    stage.server.execute("RENAME", stage.stream + "-aside", stage.stream);
    awaitEvents(viewer, numbers(0, 50));
    await().atMost(SOON).until(() -> stage.subscriber.health().isUp());

    stage.subscriber.close();
    assertThat(stage.subscriber.health().status()).isEqualTo(Health.Status.DOWN);
  }
}
