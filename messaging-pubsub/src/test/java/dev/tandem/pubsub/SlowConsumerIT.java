package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What each answer to a slow listener does, and that nothing is lost without a trace. */
@RedisTest
class SlowConsumerIT {
  private final Buses buses = new Buses();
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<String> received = new CopyOnWriteArrayList<>();
  private final List<@Nullable Position> disconnected = new CopyOnWriteArrayList<>();
  private final Tenant tenant;
  private final LiveBus bus;

  SlowConsumerIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
  }

  @BeforeEach
  void warmUp() {
    bus.publish(tenant, channel("board"), message("before"));
  }

  @AfterEach
  void close() {
    release.countDown();
    buses.close();
  }

  /** Handles its first message only when it is let. */
  private final class Held implements LiveListener<String> {
    @Override
    public void onMessage(LiveMessage<String> message) {
      received.add(message.payload());
      try {
        release.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void onGap(Gap gap) {
      received.add("gap");
    }

    @Override
    public void onDisconnected(@Nullable Position resumeFrom) {
      disconnected.add(resumeFrom);
    }
  }

  /** Subscribes, and publishes a first message that keeps the listener busy. */
  private Subscription stuck(Channel<String> channel, SubscribeOptions options) throws Exception {
    Subscription subscription = bus.subscribe(tenant, channel, options, new Held());
    active(subscription);
    bus.publish(tenant, channel, message("first"));
    await().atMost(Recorder.PATIENCE).until(() -> received.size() == 1);
    return subscription;
  }

  /** Subscribes to fleeting channels with {@link Held}, and has {@code a.0} keep it busy. */
  private MultiSubscription stuck(ChannelPattern<String> pattern, SubscribeOptions options)
      throws Exception {
    return stuck(bus.subscribe(tenant, pattern, options, new Held()));
  }

  private MultiSubscription stuck(MultiSubscription subscription) throws Exception {
    subscription.active().get(60, TimeUnit.SECONDS);
    bus.publish(tenant, fleeting("a.0"), message("first"));
    await().atMost(Recorder.PATIENCE).until(() -> received.size() == 1);
    return subscription;
  }

  private static Channel<String> fleeting(String name) {
    return channel(name).fleeting();
  }

  /** What has come in over several channels, waiting or not. */
  private static long sum(MultiSubscription subscription, ToLongFunction<SubscriptionStats> count) {
    return subscription.stats().values().stream().mapToLong(count).sum();
  }

  private void publishKeyed(Channel<String> channel, String key, String payload) {
    bus.publish(tenant, channel, Message.of("test", payload).key(key));
  }

  private void awaitReceived(String last) {
    await().atMost(Recorder.PATIENCE).until(() -> received.contains(last));
  }

  @Test
  void newestOnlyGivesTheLastOfWhatWaited() throws Exception {
    newestOnly(channel("board"));
  }

  @Test
  void newestOnlyDropsNothingOfAFleetingChannel() throws Exception {
    newestOnly(channel("cursor").fleeting());
  }

  private void newestOnly(Channel<String> channel) throws Exception {
    Subscription slow =
        stuck(channel, SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_ONLY));
    publish(bus, tenant, channel, numbers("m", 1, 2_000));
    await().atMost(Recorder.PATIENCE).until(() -> slow.stats().conflated() == 1_999);
    assertThat(slow.stats().queued()).isEqualTo(2);
    release.countDown();
    awaitReceived("m2000");
    assertThat(received).containsExactly("first", "m2000");
    assertThat(slow.stats().dropped()).isZero();
    assertThat(slow.stats().gaps()).isZero();
  }

  @Test
  void newestPerKeyGivesTheLastOfEachKeyInOrderAndResumesAnywhere() throws Exception {
    Channel<String> board = channel("board");
    Subscription slow =
        stuck(board, SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_PER_KEY));
    Position afterFirst = bus.currentPosition(tenant, board);
    for (int i = 1; i <= 50; i++) {
      publishKeyed(board, "a", "a" + i);
      publishKeyed(board, "b", "b" + i);
    }
    bus.publish(tenant, board, message("keyless"));
    publishKeyed(board, "a", "a51");
    await()
        .atMost(Recorder.PATIENCE)
        .untilAsserted(() -> assertThat(slow.stats().conflated()).isEqualTo(99));
    assertThat(slow.position()).isNotEqualTo(bus.currentPosition(tenant, board));
    slow.close();
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> afterFirst.equals(slow.position()));
    assertThat(received).containsExactly("first");

    received.clear();
    Subscription resumed =
        bus.subscribe(
            tenant,
            board,
            SubscribeOptions.from(requireNonNull(slow.position()))
                .slowConsumer(SlowConsumer.NEWEST_PER_KEY),
            new Held());
    awaitReceived("a51");
    assertThat(received).containsSubsequence("b50", "keyless", "a51").doesNotContain("first");
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> bus.currentPosition(tenant, board).equals(resumed.position()));
  }

  @Test
  void manyKeysAreReadAgainAndNotLost() throws Exception {
    Channel<String> board = channel("board");
    Subscription slow =
        stuck(
            board,
            SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_PER_KEY).queueLimit(10));
    for (int i = 1; i <= 100; i++) {
      publishKeyed(board, "k" + i, "m" + i);
      assertThat(slow.stats().queued()).isLessThanOrEqualTo(10);
    }
    release.countDown();
    awaitReceived("m100");
    assertThat(received).hasSize(101).endsWith(numbers("m", 1, 100).toArray(String[]::new));
  }

  @Test
  void theSameKeyOnTwoChannelsOfAPatternIsTwoKeys() throws Exception {
    MultiSubscription slow =
        stuck(
            ChannelPattern.of("a.*", fleeting("like")),
            SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_PER_KEY));
    publishKeyed(fleeting("a.eu"), "c-1", "eu1");
    publishKeyed(fleeting("a.us"), "c-1", "us1");
    publishKeyed(fleeting("a.us"), "c-1", "us2");
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> sum(slow, stats -> stats.queued() + stats.conflated()) >= 4);
    release.countDown();
    awaitReceived("us2");
    assertThat(received).containsExactly("first", "eu1", "us2");
    assertThat(sum(slow, SubscriptionStats::conflated)).isEqualTo(1);
  }

  @Test
  void newestOnlyHasRoomForEachChannelOfASet() throws Exception {
    MultiSubscription slow =
        stuck(
            bus.subscribe(
                tenant,
                ChannelSet.of(fleeting("a.0"), fleeting("a.eu"), fleeting("a.us")),
                SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_ONLY).queueLimit(1),
                new Held()));
    bus.publish(tenant, fleeting("a.0"), message("second"));
    bus.publish(tenant, fleeting("a.eu"), message("eu1"));
    bus.publish(tenant, fleeting("a.us"), message("us1"));
    bus.publish(tenant, fleeting("a.eu"), message("eu2"));
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> sum(slow, stats -> stats.conflated() + stats.dropped()) >= 1);
    release.countDown();
    awaitReceived("eu2");
    assertThat(received).containsExactly("first", "second", "us1", "eu2");
    assertThat(sum(slow, SubscriptionStats::dropped)).isZero();
  }

  @Test
  void newestOnlyOfAPatternKeepsOneOfEachChannelUntilTheQueueIsFull() throws Exception {
    MultiSubscription slow =
        stuck(
            ChannelPattern.of("a.*", fleeting("like")),
            SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_ONLY).queueLimit(3));
    bus.publish(tenant, fleeting("a.eu"), message("eu1"));
    bus.publish(tenant, fleeting("a.us"), message("us1"));
    bus.publish(tenant, fleeting("a.jp"), message("jp1"));
    bus.publish(tenant, fleeting("a.eu"), message("eu2"));
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> sum(slow, stats -> stats.conflated() + stats.dropped()) >= 2);
    assertThat(sum(slow, SubscriptionStats::dropped)).as("jp1").isEqualTo(1);
    release.countDown();
    awaitReceived("eu2");
    assertThat(received).containsExactly("first", "us1", "eu2");
  }

  @Test
  void unwantedMessagesReplaceNothing() throws Exception {
    Channel<String> board = channel("board");
    Subscription slow =
        stuck(
            board, SubscribeOptions.fromNow().types("test").slowConsumer(SlowConsumer.NEWEST_ONLY));
    publishKeyed(board, "a", "wanted");
    Position end = at(bus.publish(tenant, board, Message.of("other", "unwanted").key("a")));
    await().atMost(Recorder.PATIENCE).until(() -> slow.stats().filtered() == 1);
    release.countDown();
    awaitReceived("wanted");
    await().atMost(Recorder.PATIENCE).until(() -> end.equals(slow.position()));
    assertThat(received).containsExactly("first", "wanted");
  }

  @Test
  void whoIsDisconnectedIsToldOnceAndMissesNothingByResuming() throws Exception {
    Channel<String> board = channel("board");
    SubscribeOptions limited =
        SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(10);
    Recorder fast = new Recorder();
    active(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), fast));
    Subscription slow = stuck(board, limited);
    for (int i = 1; i <= 60; i++) {
      bus.publish(tenant, board, message("m" + i));
    }
    fast.awaitLast("m60"); // so more than fits has come to the slow one as well
    assertThat(slow.stats().queued()).isLessThanOrEqualTo(10);
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> disconnected.size() == 1);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 1);
    assertThat(disconnected).containsExactly(slow.position());
    assertThat(received).containsExactly("first");

    Position from = requireNonNull(disconnected.get(0));
    Recorder resumed = new Recorder(from);
    Subscription again =
        bus.subscribe(
            tenant,
            board,
            SubscribeOptions.from(from).slowConsumer(SlowConsumer.DISCONNECT).queueLimit(5),
            resumed);
    resumed.assertExactly(numbers("m", 1, 60));
    active(again);
    fast.assertUnbroken();
    slow.close();
    assertThat(disconnected).hasSize(1);
  }

  @Test
  void aFleetingSubscriberIsDisconnectedToo() throws Exception {
    Channel<String> cursor = channel("cursor").fleeting();
    Subscription slow =
        stuck(
            cursor, SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(2));
    publish(bus, tenant, cursor, numbers("m", 1, 200));
    // That they are published does not mean that they are here: what comes later finds room.
    await().atMost(Recorder.PATIENCE).until(() -> slow.stats().dropped() > 0);
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> disconnected.size() == 1);
    assertThat(disconnected.get(0)).isNull();
  }

  @Test
  void closingFirstMeansNotBeingDisconnected() throws Exception {
    Channel<String> board = channel("board");
    Subscription slow =
        stuck(
            board, SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(1));
    for (int i = 1; i <= 5; i++) {
      bus.publish(tenant, board, message("m" + i));
    }
    slow.close();
    release.countDown();
    Recorder other = new Recorder();
    active(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), other));
    bus.publish(tenant, board, message("last"));
    other.awaitLast("last");
    assertThat(disconnected).isEmpty();
  }

  @Test
  void bytesAreBoundedToo() throws Exception {
    Channel<String> board = channel("board");
    Subscription slow = stuck(board, SubscribeOptions.fromNow().queueBytes(64 << 10));
    String large = "x".repeat(10_000);
    for (int i = 1; i <= 30; i++) {
      bus.publish(tenant, board, message(large + i));
    }
    await().atMost(Recorder.PATIENCE).until(() -> slow.stats().queuedBytes() > 40_000);
    assertThat(slow.stats().queuedBytes()).isLessThanOrEqualTo(64 << 10);
    release.countDown();
    awaitReceived(large + 30);
    assertThat(received).hasSize(31);
    await().atMost(Recorder.PATIENCE).until(() -> slow.stats().queuedBytes() == 0);
  }

  @Test
  void aFilterLeavesOutWhatItDoesNotPassAndMayThrow() throws Exception {
    Channel<String> board = channel("board");
    Recorder recorder = new Recorder();
    List<String> seen = new CopyOnWriteArrayList<>();
    Subscription subscription =
        bus.subscribe(
            tenant,
            board,
            SubscribeOptions.fromNow()
                .types("test")
                .filter(
                    message -> {
                      String payload = String.valueOf(message.payload());
                      seen.add(payload);
                      if (payload.equals("m3")) {
                        throw new IllegalStateException("as planned");
                      }
                      return !payload.equals("m2");
                    }),
            new LiveListener<String>() {
              @Override
              public void onMessage(LiveMessage<String> message) {
                received.add(message.payload());
              }

              @Override
              public void onGap(Gap gap) {
                recorder.onGap(gap);
              }
            });
    active(subscription);
    bus.publish(tenant, board, Message.of("other", "m0"));
    Position end = at(publish(bus, tenant, board, numbers("m", 1, 4)).get(3));
    await().atMost(Recorder.PATIENCE).until(() -> end.equals(subscription.position()));
    assertThat(received).containsExactly("m1", "m4");
    assertThat(seen).containsExactly("m1", "m2", "m3", "m4");
    assertThat(subscription.stats().filtered()).isEqualTo(3);
    assertThat(subscription.stats().listenerFailures()).isEqualTo(1);
    assertThat(subscription.stats().delivered()).isEqualTo(2);
  }

  @Test
  void aFilterCannotBeCombinedWithConflating() {
    assertThatThrownBy(
            () ->
                SubscribeOptions.fromNow()
                    .filter(message -> true)
                    .slowConsumer(SlowConsumer.NEWEST_ONLY))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("filter");
  }
}
