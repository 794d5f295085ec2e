package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** All channels of a tenant that match, those to come included. */
@RedisTest
class ChannelPatternIT {
  private final Buses buses = new Buses();
  private final RedisServer server;
  private final String name;
  private final Tenant tenant;
  private final LiveBus bus;

  ChannelPatternIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.name = name;
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
  }

  @AfterEach
  void close() {
    buses.close();
  }

  static ChannelPattern<String> pattern(String text) {
    return ChannelPattern.of(text, channel("like"));
  }

  static void active(MultiSubscription subscription) throws Exception {
    subscription.active().get(60, TimeUnit.SECONDS);
  }

  private MultiSubscription subscribe(String text, SubscribeOptions options, ByChannel listener)
      throws Exception {
    MultiSubscription subscription = bus.subscribe(tenant, pattern(text), options, listener);
    active(subscription);
    return subscription;
  }

  /** What was delivered last counts as seen only a moment later. */
  private void awaitAtTheEnd(MultiSubscription subscription, String of) {
    Position end = bus.currentPosition(tenant, channel(of));
    await().atMost(Recorder.PATIENCE).until(() -> end.equals(subscription.positions().of(of)));
  }

  @Test
  void fromNowOnAndNewChannelsFromTheirFirstMessage() throws Exception {
    publish(bus, tenant, channel("a.old"), numbers("before", 1, 5));
    publish(bus, tenant, channel("b.old"), numbers("before", 1, 5));
    ByChannel listener = new ByChannel();
    MultiSubscription subscription = subscribe("a.*", SubscribeOptions.fromNow(), listener);
    publish(bus, tenant, channel("a.old"), numbers("m", 1, 100));
    publish(bus, tenant, channel("b.old"), numbers("m", 1, 100));
    publish(bus, tenant, channel("a.new"), numbers("m", 1, 100));
    publish(bus, tenant, channel("b.new"), numbers("m", 1, 100));
    publish(bus, tenant, channel("a.deep.er"), numbers("m", 1, 100));
    List<String> all = numbers("m", 1, 100);
    listener.assertExactly(Map.of("a.old", all, "a.new", all, "a.deep.er", all));
    assertThat(subscription.stats()).containsOnlyKeys("a.old", "a.new", "a.deep.er");
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> requireNonNull(subscription.stats().get("a.new")).delivered() == 100);
    awaitAtTheEnd(subscription, "a.deep.er");
  }

  @Test
  void anEmptyTenantIsActiveAndHearsItsFirstChannel() throws Exception {
    ByChannel listener = new ByChannel();
    MultiSubscription subscription = subscribe("*", SubscribeOptions.fromNow(), listener);
    assertThat(subscription.positions()).isEqualTo(Positions.none());
    bus.publish(tenant, channel("first"), message("m1"));
    listener.assertExactly(Map.of("first", List.of("m1")));
  }

  @Test
  void neverLeavesTheTenant() throws Exception {
    Tenant longer = Tenant.of(name + "2");
    Tenant shorter = Tenant.of(name.substring(0, name.length() - 1));
    ByChannel recoverable = new ByChannel();
    ByChannel fleeting = new ByChannel();
    subscribe("*", SubscribeOptions.fromNow(), recoverable);
    active(
        bus.subscribe(
            tenant,
            ChannelPattern.of("*", channel("like").fleeting()),
            SubscribeOptions.fromNow(),
            fleeting));
    for (Tenant other : List.of(longer, shorter)) {
      bus.publish(other, channel("a"), message("theirs"));
      bus.publish(other, channel("f").fleeting(), message("theirs"));
    }
    bus.publish(tenant, channel("a"), message("ours"));
    bus.publish(tenant, channel("f").fleeting(), message("ours"));
    recoverable.assertExactly(Map.of("a", List.of("ours")));
    assertThat(fleeting.of("f").awaitCount(1).payloads()).containsExactly("ours");
    assertThat(fleeting.of("a").awaitCount(1).payloads()).containsExactly("ours");
    assertThat(bus.stats().ignored()).isZero();
  }

  @Test
  void overlappingSubscriptionsGetEverythingOnceEach() throws Exception {
    publish(bus, tenant, channel("a.b"), numbers("before", 1, 5));
    ByChannel wide = new ByChannel();
    ByChannel narrow = new ByChannel();
    ByChannel twin = new ByChannel();
    Recorder single = new Recorder();
    subscribe("*", SubscribeOptions.fromNow(), wide);
    subscribe("a.*", SubscribeOptions.fromNow(), narrow);
    MultiSubscription closed = subscribe("a.*", SubscribeOptions.fromNow(), twin);
    Buses.active(bus.subscribe(tenant, channel("a.b"), SubscribeOptions.fromNow(), single));
    publish(bus, tenant, channel("a.b"), numbers("m", 1, 50));
    publish(bus, tenant, channel("a.c"), numbers("m", 1, 50));
    List<String> half = numbers("m", 1, 50);
    twin.assertExactly(Map.of("a.b", half, "a.c", half));
    closed.close();
    publish(bus, tenant, channel("a.b"), numbers("m", 51, 100));
    publish(bus, tenant, channel("a.c"), numbers("m", 51, 100));
    List<String> all = numbers("m", 1, 100);
    wide.assertExactly(Map.of("a.b", all, "a.c", all));
    narrow.assertExactly(Map.of("a.b", all, "a.c", all));
    single.assertExactly(all);
    twin.assertExactly(Map.of("a.b", half, "a.c", half));
  }

  @Test
  void fleetingChannelsOverlapWithoutDuplicates() throws Exception {
    ChannelPattern<String> pattern = ChannelPattern.of("a.*", channel("like").fleeting());
    ByChannel one = new ByChannel();
    ByChannel two = new ByChannel();
    Recorder single = new Recorder();
    MultiSubscription first = bus.subscribe(tenant, pattern, SubscribeOptions.fromNow(), one);
    active(first);
    active(bus.subscribe(tenant, pattern, SubscribeOptions.fromNow(), two));
    Buses.active(
        bus.subscribe(tenant, channel("a.x").fleeting(), SubscribeOptions.fromNow(), single));
    publish(bus, tenant, channel("a.x").fleeting(), numbers("m", 1, 100));
    publish(bus, tenant, channel("a.y").fleeting(), numbers("m", 1, 100));
    bus.publish(tenant, channel("b.y").fleeting(), message("other"));
    List<String> all = numbers("m", 1, 100);
    one.assertExactly(Map.of("a.x", all, "a.y", all));
    two.assertExactly(Map.of("a.x", all, "a.y", all));
    single.assertExactly(all);
    assertThat(first.stats()).containsOnlyKeys("a.*");
    assertThat(first.positions()).isEqualTo(Positions.none());
  }

  @Test
  void resumesEveryChannelAndFindsThoseBornMeanwhile() throws Exception {
    publish(bus, tenant, channel("a.unheard"), numbers("old", 1, 3));
    ByChannel first = new ByChannel();
    MultiSubscription before = subscribe("a.*", SubscribeOptions.fromNow(), first);
    publish(bus, tenant, channel("a.1"), numbers("m", 1, 10));
    publish(bus, tenant, channel("a.2"), numbers("m", 1, 10));
    first.assertExactly(Map.of("a.1", numbers("m", 1, 10), "a.2", numbers("m", 1, 10)));
    awaitAtTheEnd(before, "a.1");
    awaitAtTheEnd(before, "a.2");
    before.close();
    String token = before.positions().toString();
    publish(bus, tenant, channel("a.2"), numbers("n", 1, 20));
    publish(bus, tenant, channel("a.3"), numbers("n", 1, 30));
    publish(bus, tenant, channel("a.unheard"), numbers("n", 1, 5));
    publish(bus, tenant, channel("b.1"), numbers("n", 1, 5));

    LiveBus other = buses.bus(server.url());
    ByChannel second = new ByChannel();
    SubscribeOptions options = SubscribeOptions.from(Positions.parse(token)).queueLimit(7);
    active(other.subscribe(tenant, pattern("a.*"), options, second));
    publish(bus, tenant, channel("a.1"), numbers("n", 1, 5));
    second.assertExactly(
        Map.of(
            "a.1", numbers("n", 1, 5),
            "a.2", numbers("n", 1, 20),
            "a.3", numbers("n", 1, 30),
            "a.unheard", numbers("n", 1, 5)));
  }

  @Test
  void allThatIsStoredOrTheLatestOfEach() throws Exception {
    publish(bus, tenant, channel("a.1"), numbers("m", 1, 10));
    publish(bus, tenant, channel("a.2"), numbers("m", 1, 20));
    ByChannel all = new ByChannel();
    ByChannel latest = new ByChannel();
    subscribe("a.*", SubscribeOptions.fromBeginning(), all);
    subscribe("a.*", SubscribeOptions.latest(), latest);
    publish(bus, tenant, channel("a.3"), numbers("m", 1, 3));
    all.assertExactly(
        Map.of("a.1", numbers("m", 1, 10), "a.2", numbers("m", 1, 20), "a.3", numbers("m", 1, 3)));
    latest.assertExactly(
        Map.of("a.1", List.of("m10"), "a.2", List.of("m20"), "a.3", numbers("m", 1, 3)));
  }

  @Test
  void optionsHoldForAllChannels() throws Exception {
    LiveBus other = buses.bus(server.url());
    ByChannel listener = new ByChannel();
    subscribe(
        "a.*",
        SubscribeOptions.fromNow().excludeOwn().filter(m -> !"no".equals(m.payload())),
        listener);
    bus.publish(tenant, channel("a.1"), message("own"));
    other.publish(tenant, channel("a.1"), message("no"));
    other.publish(tenant, channel("a.1"), message("theirs"));
    bus.publish(tenant, channel("a.2"), message("own"));
    other.publish(tenant, channel("a.2"), message("theirs"));
    listener.of("a.1").awaitLast("theirs");
    listener.of("a.2").awaitLast("theirs");
    assertThat(listener.of("a.1").payloads()).containsExactly("theirs");
    assertThat(listener.of("a.2").payloads()).containsExactly("theirs");
  }

  /** Blocks until released, or for a while at each message. */
  private static class Slow extends ByChannel {
    final CountDownLatch release = new CountDownLatch(1);
    private final Duration longest;

    Slow(Duration longest) {
      this.longest = longest;
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      try {
        release.await(longest.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      super.onMessage(message);
    }
  }

  @Test
  void aSlowListenerGetsAllOfAllChannels() throws Exception {
    Slow listener = new Slow(Duration.ofSeconds(20));
    subscribe("a.*", SubscribeOptions.fromNow().queueLimit(10), listener);
    for (int n = 1; n <= 100; n++) {
      for (int i = 1; i <= 3; i++) {
        bus.publish(tenant, channel("a." + i), message("m" + n));
      }
    }
    listener.release.countDown();
    List<String> all = numbers("m", 1, 100);
    listener.assertExactly(Map.of("a.1", all, "a.2", all, "a.3", all));
  }

  @Test
  void aSlowListenerThatIsDisconnectedResumesEachChannel() throws Exception {
    Slow listener = new Slow(Duration.ofMillis(50));
    MultiSubscription subscription =
        subscribe(
            "a.*",
            SubscribeOptions.fromNow().queueLimit(10).slowConsumer(SlowConsumer.DISCONNECT),
            listener);
    int last = 0;
    for (int round = 1; listener.disconnections.get() == 0 && round <= 20; round++) {
      for (int end = round * 20; last < end; last++) {
        for (int i = 1; i <= 3; i++) {
          bus.publish(tenant, channel("a." + i), message("m" + (last + 1)));
        }
      }
      // One that is catching up, for what reason ever, is not cut off before it has.
      int sent = last;
      await()
          .atMost(Recorder.PATIENCE)
          .until(
              () ->
                  listener.disconnections.get() == 1
                      || listener.heard().stream()
                          .allMatch(name -> listener.of(name).payloads().size() == sent));
    }
    assertThat(listener.disconnections).hasValue(1);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    ByChannel resumed = new ByChannel();
    subscribe("a.*", SubscribeOptions.from(subscription.positions()), resumed);
    for (int i = 1; i <= 3; i++) {
      bus.publish(tenant, channel("a." + i), message("m" + (last + 1)));
      int had = listener.of("a." + i).payloads().size();
      resumed.of("a." + i).assertExactly(numbers("m", had + 1, last + 1));
    }
  }

  @Test
  void closingLeavesNothingBehind() throws Exception {
    publish(bus, tenant, channel("a.1"), numbers("m", 1, 5));
    Set<Object> before = Set.of(0L);
    List<MultiSubscription> all =
        List.of(
            subscribe("a.*", SubscribeOptions.fromNow(), new ByChannel()),
            subscribe("*", SubscribeOptions.fromNow(), new ByChannel()),
            bus.subscribe(
                tenant,
                ChannelPattern.of("*", channel("x").fleeting()),
                SubscribeOptions.fromNow(),
                new ByChannel()));
    active(all.get(2));
    bus.publish(tenant, channel("a.2"), message("m"));
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().channels() == 3);
    all.forEach(MultiSubscription::close);
    all.forEach(MultiSubscription::close);
    assertThat(bus.stats().channels()).isZero();
    assertThat(bus.stats().subscriptions()).isZero();
    await()
        .atMost(Recorder.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(before).contains(Buses.subscribed(server, name, "a.1"));
              assertThat(before).contains(Buses.subscribed(server, name, "a.2"));
              assertThat(numsub("tenant:" + name + ":channels")).isEqualTo(0L);
            });
    MultiSubscription last =
        bus.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), new ByChannel());
    bus.close();
    await().atMost(Recorder.PATIENCE).until(last.active()::isDone); // one way or the other
    assertThatThrownBy(
            () ->
                bus.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), new ByChannel()))
        .isInstanceOf(ClosedException.class);
  }

  private Object numsub(String published) {
    List<?> reply = (List<?>) requireNonNull(server.execute("PUBSUB", "NUMSUB", published));
    return requireNonNull(reply.get(1));
  }

  @Test
  void moreChannelsThanItCanFollowEndItClearly() throws Exception {
    int most = ChannelPattern.MOST_CHANNELS;
    ByChannel listener = new ByChannel();
    publishToEach("a", 0, most - 1);
    MultiSubscription full = subscribe("a*", SubscribeOptions.fromNow(), listener);
    publishToEach("a", 0, most);
    await().atMost(Recorder.PATIENCE).until(() -> listener.heard().size() == most);
    await().atMost(Recorder.PATIENCE).until(() -> full.positions().byChannel().size() == most);
    assertThat(listener.disconnections).hasValue(0);

    publishToEach("a", most, most + 1);
    await().atMost(Recorder.PATIENCE).until(() -> listener.disconnections.get() == 1);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    assertThat(full.positions().byChannel()).hasSize(most);

    ByChannel late = new ByChannel();
    MultiSubscription refused =
        bus.subscribe(tenant, pattern("a*"), SubscribeOptions.fromNow(), late);
    assertThatThrownBy(() -> refused.active().get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InvalidValueException.class)
        .hasMessageContaining("1024 channels");
    await().atMost(Recorder.PATIENCE).until(() -> late.disconnections.get() == 1);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().channels() == 0);
  }

  private void publishToEach(String prefix, int from, int to) throws Exception {
    List<CompletableFuture<PublishReceipt>> sent =
        IntStream.range(from, to)
            .mapToObj(i -> bus.publishAsync(tenant, channel(prefix + i), message("m")))
            .toList();
    for (CompletableFuture<PublishReceipt> one : sent) {
      one.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    for (String bad :
        List.of("", "a**", "a?", "[ab]", "a\\*", "^a", "a:*", "{a}*", "a *", "*.*.*.*", "ä*")) {
      assertThatThrownBy(() -> pattern(bad)).isInstanceOf(InvalidValueException.class);
    }
    assertThatThrownBy(() -> pattern("a.*").channel("b")).isInstanceOf(InvalidValueException.class);
    SubscribeOptions single = SubscribeOptions.from(bus.currentPosition(tenant, channel("a.1")));
    assertThatThrownBy(() -> bus.subscribe(tenant, pattern("a.*"), single, new ByChannel()).close())
        .isInstanceOf(InvalidValueException.class);
    ChannelPattern<String> fleeting = ChannelPattern.of("a.*", channel("x").fleeting());
    for (SubscribeOptions recovers :
        List.of(
            SubscribeOptions.latest(),
            SubscribeOptions.fromBeginning(),
            SubscribeOptions.from(Positions.none()))) {
      assertThatThrownBy(() -> bus.subscribe(tenant, fleeting, recovers, new ByChannel()).close())
          .isInstanceOf(InvalidValueException.class);
    }
    assertThat(bus.stats().subscriptions()).isZero();
  }
}
