package dev.tandem.hybrid;

import static dev.tandem.hybrid.HybridStage.BOTH;
import static dev.tandem.hybrid.HybridStage.awaitEvents;
import static dev.tandem.hybrid.HybridStage.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One sequence although the server dies, forgets or is rolled back, and connections break. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class HybridSubscriptionFaultsIT {
  private static Position position(HybridReceipt receipt) {
    return Objects.requireNonNull(receipt.position());
  }

  /** Does something each time so many messages have come, on the thread of the listener. */
  private static Viewer acting(int every, int most, Runnable act) {
    return new Viewer() {
      @Override
      public void onMessage(LiveMessage<String> message) {
        super.onMessage(message);
        int count = count();
        if (count % every == 0 && count / every <= most) {
          act.run();
        }
      }
    };
  }

  @Test
  void theServerIsKilledWhileItCatchesUpAndOthersPublish(
      RedisServer server, @UniqueTenant String name) throws InterruptedException {
    try (HybridStage stage = new HybridStage(server, name)) {
      HybridReceipt known = stage.publishTogether(3_000, BOTH).get(9);
      AtomicBoolean stop = new AtomicBoolean();
      Thread publishing =
          new Thread(
              () -> {
                for (int i = 0; !stop.get() && i < 20_000; i++) {
                  try {
                    stage.publisher.publish(stage.tenant, Message.of("paid", "more" + i), BOTH);
                  } catch (MessagingException expectedWhileTheServerIsAway) {
                    Thread.onSpinWait();
                  }
                }
              });
      Viewer viewer =
          acting(
              800,
              3,
              () -> {
                server.kill();
                server.restart();
              });
      stage.watch(HybridSubscribeOptions.from(position(known)), viewer);
      publishing.start();
      await().atMost(Duration.ofSeconds(90)).until(() -> viewer.count() > 3_200);
      stop.set(true);
      publishing.join();

      List<String> all =
          new ArrayList<>(new BothSides(server, "tenant:" + name).stream("payments").keySet());
      List<String> wanted = all.subList(10, all.size());
      await().atMost(Duration.ofSeconds(60)).until(() -> viewer.count() >= wanted.size());
      assertThat(viewer.ids()).isEqualTo(wanted);
      assertThat(viewer.gaps()).isEmpty();
      assertThat(viewer.overlapped()).isFalse();
    }
  }

  @Test
  void connectionsAreCutWhileItCatchesUpAndOthersPublish(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    try (HybridStage stage = new HybridStage(server, name, proxy.url())) {
      HybridReceipt known = stage.publishTogether(2_000, BOTH).get(0);
      Viewer viewer =
          acting(
              300,
              7,
              () -> {
                proxy.reset();
                stage.publish(50);
              });

      stage.watch(HybridSubscribeOptions.from(position(known)), viewer);

      awaitEvents(viewer, numbers(1, 2_350));
    }
  }

  @Test
  void aConnectionIsAwayForLongerThanTheBufferReaches(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    try (HybridStage stage = new HybridStage(server, name, proxy.url())) {
      Viewer viewer = new Viewer();
      HybridSubscription subscription = stage.watch(HybridSubscribeOptions.fromNow(), viewer);
      subscription.active().join();
      stage.publish(5);
      awaitEvents(viewer, numbers(0, 5));

      proxy.refuse();
      stage.publish(300);
      proxy.heal();

      awaitEvents(viewer, numbers(0, 305));
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> subscription.stats().catchUps() > 0 && subscription.stats().live());
    }
  }

  @Test
  void whatIsFlushedWhileItCatchesUpIsAGap(RedisServer server, @UniqueTenant String name) {
    try (HybridStage stage = new HybridStage(server, name)) {
      HybridReceipt known = stage.publishTogether(2_000, BOTH).get(0);
      Viewer viewer = acting(500, 1, () -> server.execute("FLUSHALL"));
      HybridSubscription subscription =
          stage.watch(HybridSubscribeOptions.from(position(known)), viewer);
      await().atMost(Duration.ofSeconds(30)).until(() -> !viewer.gaps().isEmpty());
      int before = viewer.count();
      await().atMost(Duration.ofSeconds(10)).until(() -> subscription.stats().live());
      stage.renewPublisher();
      stage.publish(30);

      await().atMost(Duration.ofSeconds(30)).until(() -> viewer.payloads().contains("2029"));
      assertThat(viewer.reasons()).containsExactly(GapReason.EPOCH_CHANGED);
      List<String> wanted = new ArrayList<>(numbers(1, before + 1));
      wanted.add("EPOCH_CHANGED");
      wanted.addAll(numbers(2_000, 2_030));
      assertThat(viewer.events()).isEqualTo(wanted);
    }
  }

  @Test
  void aServerThatComesBackEmptyIsAGap(RedisServer server, @UniqueTenant String name) {
    try (HybridStage stage = new HybridStage(server, name)) {
      Viewer viewer = new Viewer();
      stage.watch(HybridSubscribeOptions.fromNow(), viewer).active().join();
      HybridReceipt last = stage.publish(5).get(4);
      awaitEvents(viewer, numbers(0, 5));

      server.restartEmpty();
      await().atMost(Duration.ofSeconds(30)).until(() -> !viewer.gaps().isEmpty());
      stage.renewPublisher();
      stage.publish(5);

      await().atMost(Duration.ofSeconds(30)).until(() -> viewer.payloads().contains("9"));
      assertThat(viewer.reasons()).containsExactly(GapReason.EPOCH_CHANGED);
      assertThat(viewer.payloads()).isEqualTo(numbers(0, 10));
      Viewer byId = new Viewer();
      server.execute("DEL", stage.stream);
      stage.watch(HybridSubscribeOptions.after(last.id()), byId);
      await().atMost(Duration.ofSeconds(30)).until(() -> !byId.gaps().isEmpty());
      assertThat(byId.reasons()).containsExactly(GapReason.EPOCH_CHANGED);
    }
  }

  @Test
  void afterAFailoverThatLostMessagesTheSubscriberIsTold(
      RedisServer server, @UniqueTenant String name) {
    try (HybridStage before = new HybridStage(server, name);
        RedisServer replica = server.startReplica()) {
      before.publish(50);
      replica.awaitInSync();
      replica.cutReplication();
      HybridReceipt lost = before.publish(3).get(2);
      replica.promote();
      try (HybridStage after = new HybridStage(replica, name)) {
        Viewer early = new Viewer();
        HybridSubscription known = after.watch(HybridSubscribeOptions.from(position(lost)), early);
        Viewer byId = new Viewer();
        HybridSubscription ahead = after.watch(HybridSubscribeOptions.after(lost.id()), byId);
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> early.gaps().size() + byId.gaps().size() == 2);
        known.active().join();
        ahead.active().join();
        after.publish(60);

        Viewer late = new Viewer();
        after.watch(HybridSubscribeOptions.from(position(lost)), late);

        await().atMost(Duration.ofSeconds(30)).until(() -> late.payloads().contains("59"));
        await().atMost(Duration.ofSeconds(30)).until(() -> early.count() + byId.count() == 120);
        assertThat(early.reasons()).containsExactly(GapReason.ROLLED_BACK);
        assertThat(byId.reasons()).containsExactly(GapReason.ROLLED_BACK);
        assertThat(late.reasons()).containsExactly(GapReason.ROLLED_BACK);
        assertThat(early.payloads()).isEqualTo(numbers(0, 60));
        assertThat(byId.payloads()).isEqualTo(numbers(0, 60));
      }
    }
  }
}
