package dev.tandem.pubsub;

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
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One listener on several channels. */
@RedisTest
class ChannelSetIT {
  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final LiveBus bus;

  ChannelSetIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
  }

  @AfterEach
  void close() {
    buses.close();
  }

  /** Writes down what comes, by channel, and that no two calls run at once. */
  private static class ByChannel implements LiveListener<String> {
    final Map<String, List<String>> payloads = new ConcurrentHashMap<>();
    final List<Gap> gaps = new CopyOnWriteArrayList<>();
    final AtomicInteger disconnections = new AtomicInteger();
    private final AtomicBoolean inside = new AtomicBoolean();
    final AtomicBoolean overlapped = new AtomicBoolean();

    @Override
    public void onMessage(LiveMessage<String> message) {
      if (!inside.compareAndSet(false, true)) {
        overlapped.set(true);
      }
      of(message.channel()).add(message.payload());
      inside.set(false);
    }

    @Override
    public void onGap(Gap gap) {
      gaps.add(gap);
    }

    @Override
    public void onDisconnected(@Nullable Position resumeFrom) {
      assertThat(resumeFrom).isNull();
      disconnections.incrementAndGet();
    }

    List<String> of(String channel) {
      return payloads.computeIfAbsent(channel, any -> new CopyOnWriteArrayList<>());
    }

    void awaitExactly(String channel, List<String> expected) {
      await().atMost(Recorder.PATIENCE).until(() -> of(channel).size() >= expected.size());
      assertThat(of(channel)).containsExactlyElementsOf(expected);
    }
  }

  private static void active(MultiSubscription subscription) throws Exception {
    subscription.active().get(20, TimeUnit.SECONDS);
  }

  @Test
  void oneCallAtATimeAndEachChannelInOrder() throws Exception {
    List<Channel<String>> channels = IntStream.range(0, 8).mapToObj(i -> channel("c" + i)).toList();
    ByChannel listener = new ByChannel();
    MultiSubscription subscription =
        bus.subscribe(
            tenant, ChannelSet.of(channels), SubscribeOptions.fromNow().queueLimit(100), listener);
    active(subscription);
    for (int part = 0; part < 4; part++) {
      for (Channel<String> channel : channels) {
        publish(bus, tenant, channel, numbers("m", part * 100 + 1, part * 100 + 100));
      }
    }
    for (Channel<String> channel : channels) {
      listener.awaitExactly(channel.name(), numbers("m", 1, 400));
    }
    assertThat(listener.overlapped).isFalse();
    assertThat(listener.gaps).isEmpty();
    assertThat(subscription.stats()).hasSize(8);
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> requireNonNull(subscription.stats().get("c3")).delivered() == 400);
    assertThat(bus.stats().channels()).isEqualTo(8);
    await()
        .atMost(Recorder.PATIENCE)
        .until(
            () ->
                requireNonNull(subscription.positions().of("c7"))
                    .equals(bus.currentPosition(tenant, channel("c7"))));
    subscription.close();
    assertThat(bus.stats().channels()).isZero();
  }

  @Test
  void resumesEachChannelFromItsOwnPlace() throws Exception {
    ChannelSet<String> set = ChannelSet.of(channel("a"), channel("b"));
    ByChannel first = new ByChannel();
    MultiSubscription before = bus.subscribe(tenant, set, SubscribeOptions.fromNow(), first);
    active(before);
    publish(bus, tenant, channel("a"), numbers("m", 1, 10));
    publish(bus, tenant, channel("b"), numbers("m", 1, 20));
    first.awaitExactly("a", numbers("m", 1, 10));
    first.awaitExactly("b", numbers("m", 1, 20));
    for (String name : List.of("a", "b")) { // seen only a moment after it was delivered
      Position end = bus.currentPosition(tenant, channel(name));
      await().atMost(Recorder.PATIENCE).until(() -> end.equals(before.positions().of(name)));
    }
    before.close();
    String token = before.positions().toString();
    publish(bus, tenant, channel("a"), numbers("n", 1, 30));
    publish(bus, tenant, channel("b"), numbers("n", 1, 40));
    publish(bus, tenant, channel("c"), numbers("n", 1, 50));

    ByChannel resumed = new ByChannel();
    MultiSubscription after =
        bus.subscribe(
            tenant,
            ChannelSet.of(channel("a"), channel("b"), channel("c")),
            SubscribeOptions.from(Positions.parse(token)).queueLimit(7),
            resumed);
    active(after);
    bus.publish(tenant, channel("c"), message("new"));
    resumed.awaitExactly("a", numbers("n", 1, 30));
    resumed.awaitExactly("b", numbers("n", 1, 40));
    resumed.awaitExactly("c", List.of("new"));
    assertThat(resumed.gaps).isEmpty();

    ByChannel single = new ByChannel();
    bus.subscribe(tenant, channel("b"), SubscribeOptions.from(Positions.parse(token)), single);
    single.awaitExactly("b", numbers("n", 1, 40));
  }

  @Test
  void aSlowListenerGetsAllOfAllChannels() throws Exception {
    ChannelSet<String> set = ChannelSet.of(channel("a"), channel("b"), channel("c"));
    CountDownLatch release = new CountDownLatch(1);
    ByChannel listener =
        new ByChannel() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            try {
              release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            super.onMessage(message);
          }
        };
    MultiSubscription subscription =
        bus.subscribe(tenant, set, SubscribeOptions.fromNow().queueLimit(10), listener);
    active(subscription);
    for (int i = 1; i <= 100; i++) {
      for (Channel<String> channel : set.channels()) {
        bus.publish(tenant, channel, message("m" + i));
      }
      assertThat(requireNonNull(subscription.stats().get("a")).queued()).isLessThanOrEqualTo(10);
    }
    release.countDown();
    for (Channel<String> channel : set.channels()) {
      listener.awaitExactly(channel.name(), numbers("m", 1, 100));
    }
    assertThat(listener.gaps).isEmpty();
  }

  @Test
  void aDisconnectEndsAllChannelsAndTheirPositionsMissNothing() throws Exception {
    ChannelSet<String> set = ChannelSet.of(channel("a"), channel("b"));
    CountDownLatch release = new CountDownLatch(1);
    ByChannel listener =
        new ByChannel() {
          @Override
          public void onMessage(LiveMessage<String> message) {
            super.onMessage(message);
            try {
              release.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    MultiSubscription subscription =
        bus.subscribe(
            tenant,
            set,
            SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(3),
            listener);
    active(subscription);
    for (int i = 1; i <= 20; i++) {
      bus.publish(tenant, channel("a"), message("m" + i));
      bus.publish(tenant, channel("b"), message("m" + i));
    }
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> listener.disconnections.get() == 1);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    int had = listener.of("a").size();
    ByChannel resumed = new ByChannel();
    bus.subscribe(tenant, set, SubscribeOptions.from(subscription.positions()), resumed);
    resumed.awaitExactly("a", numbers("m", had + 1, 20));
    resumed.awaitExactly("b", numbers("m", listener.of("b").size() + 1, 20));
    assertThat(listener.disconnections).hasValue(1);
  }

  @Test
  void aChannelForEachTypeHasVersionsOfItsOwn() throws Exception {
    ChannelSet<String> seats = ChannelSet.perType(channel("seats"), "seat.taken", "seat.freed");
    assertThat(seats.channels())
        .extracting(Channel::name)
        .containsExactly("seats.seat.taken", "seats.seat.freed");
    ByChannel listener = new ByChannel();
    MultiSubscription subscription =
        bus.subscribe(tenant, seats, SubscribeOptions.fromNow(), listener);
    active(subscription);
    for (int i = 1; i <= 3; i++) {
      Message<String> taken = Message.of("seat.taken", "m" + i);
      PublishReceipt receipt = bus.publish(tenant, seats.channelFor(taken), taken);
      assertThat(Buses.at(receipt).version()).isEqualTo(i);
    }
    Message<String> freed = Message.of("seat.freed", "f1");
    PublishReceipt receipt = bus.publish(tenant, seats.channelFor(freed), freed);
    assertThat(Buses.at(receipt).version()).isEqualTo(1);
    listener.awaitExactly("seats.seat.taken", numbers("m", 1, 3));
    listener.awaitExactly("seats.seat.freed", List.of("f1"));
    assertThatThrownBy(() -> seats.channelFor(Message.of("other", "x")))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> ChannelSet.of(channel("a")).channelFor(freed))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void refusesWhatDoesNotGoTogether() {
    assertThatThrownBy(() -> ChannelSet.of(List.<Channel<String>>of()))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> ChannelSet.of(channel("a"), channel("a")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("once");
    assertThatThrownBy(() -> ChannelSet.of(channel("a"), channel("b").fleeting()))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("recoverable");
    assertThatThrownBy(() -> ChannelSet.perType(channel("a"), "not a name"))
        .isInstanceOf(InvalidValueException.class);
    Position position = bus.currentPosition(tenant, channel("a"));
    assertThatThrownBy(
            () ->
                bus.subscribe(
                    tenant,
                    ChannelSet.of(channel("a"), channel("b")),
                    SubscribeOptions.from(position),
                    new Recorder()))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void oneChannelThatIsRefusedLeavesNothingBehind() throws Exception {
    bus.subscribe(tenant, channel("b").fleeting(), SubscribeOptions.fromNow(), new Recorder());
    assertThatThrownBy(
            () ->
                bus.subscribe(
                    tenant,
                    ChannelSet.of(channel("a"), channel("b")),
                    SubscribeOptions.fromNow(),
                    new Recorder()))
        .isInstanceOf(InvalidValueException.class);
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
    assertThat(bus.stats().channels()).isEqualTo(1);
  }
}
