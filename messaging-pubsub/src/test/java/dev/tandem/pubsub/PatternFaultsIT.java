package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static dev.tandem.pubsub.ChannelPatternIT.active;
import static dev.tandem.pubsub.ChannelPatternIT.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Whatever happens, nothing is missed silently on any channel that matches a pattern. */
@RedisTest(dedicated = true)
class PatternFaultsIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void channelsBornAndContinuedWhileTheConnectionIsAway(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber = buses.bus(proxy.url());
    ByChannel listener = new ByChannel();
    active(subscriber.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), listener));
    publish(publisher, tenant, channel("a.1"), numbers("m", 1, 50));
    listener.of("a.1").awaitCount(50);
    proxy.refuse();
    await().atMost(Recorder.PATIENCE).until(() -> subscriber.state() == LifecycleState.RECOVERING);
    publish(publisher, tenant, channel("a.1"), numbers("m", 51, 100));
    publish(publisher, tenant, channel("a.2"), numbers("m", 1, 100));
    publisher.publish(tenant, channel("a.only"), message("one"));
    proxy.heal();
    listener.of("a.only").awaitLast("one");
    publish(publisher, tenant, channel("a.2"), numbers("m", 101, 120));
    listener.assertExactly(
        Map.of(
            "a.1", numbers("m", 1, 100),
            "a.2", numbers("m", 1, 120),
            "a.only", List.of("one")));
  }

  @Test
  void aChannelOfALostIndexComesBackWithWhatWasPublishedSince(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, channel("a.1"), message("before"));
    server.execute("DEL", "tenant:" + name + ":channels");
    ByChannel listener = new ByChannel();
    active(bus.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), listener));
    bus.publish(tenant, channel("a.1"), message("while it was lost"));
    server.execute("HSET", "tenant:" + name + ":channel:a.1:meta", "touched", "1");
    bus.publish(tenant, channel("a.1"), message("when it came back"));
    listener.of("a.1").awaitLast("when it came back");
    listener.assertExactly(
        Map.of("a.1", List.of("before", "while it was lost", "when it came back")));
  }

  @Test
  void aNewChannelWhoseAnnouncementIsLostIsFoundByTheNextCheck(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    server.execute(
        "ACL",
        "SETUSER",
        "mute",
        "on",
        ">x",
        "~*",
        "+@all",
        "resetchannels",
        "&tenant:" + name + ":channel:*",
        "&tandem:probe:*");
    LiveBus subscriber = buses.bus(server.url());
    ByChannel listener = new ByChannel();
    active(subscriber.subscribe(tenant, pattern("*"), SubscribeOptions.fromNow(), listener));
    try (RedisConnection redis =
            RedisConnection.builder().url(server.url()).credentials("mute", "x").build();
        LiveBus publisher = LiveBus.builder(redis).build()) {
      publisher.publish(tenant, channel("a.1"), message("m1"));
      listener.assertExactly(Map.of("a.1", List.of("m1")));
    }
  }

  @Test
  void connectionsCutAgainAndAgainWhileChannelsAreBorn(
      RedisServer server, @UniqueTenant String name) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber = buses.bus(server.url());
    ByChannel listener = new ByChannel();
    active(subscriber.subscribe(tenant, pattern("c*"), SubscribeOptions.fromNow(), listener));
    Map<String, Integer> sent = new HashMap<>();
    for (int i = 0; i < 600; i++) {
      String channel = "c" + random.nextInt(1 + i / 4);
      int last = sent.merge(channel, 1, Integer::sum);
      publisher.publish(tenant, channel(channel), message("m" + last));
      if (random.nextInt(40) == 0) {
        server.execute("CLIENT", "KILL", "TYPE", "pubsub");
      }
    }
    Map<String, List<String>> expected = new HashMap<>();
    sent.forEach((channel, last) -> expected.put(channel, numbers("m", 1, last)));
    try {
      listener.assertExactly(expected);
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
    assertThat(subscriber.stats().reconnects()).isPositive();
  }

  @Test
  void aFlushIsToldOnEachChannelAndNewOnesAreFoundAfterwards(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    ByChannel listener = new ByChannel();
    active(bus.subscribe(tenant, pattern("*"), SubscribeOptions.fromNow(), listener));
    publish(bus, tenant, channel("a.1"), numbers("m", 1, 10));
    publish(bus, tenant, channel("a.2"), numbers("m", 1, 10));
    listener.of("a.1").awaitCount(10);
    listener.of("a.2").awaitCount(10);
    server.execute("FLUSHALL");
    for (String channel : List.of("a.1", "a.2")) {
      Gap gap = listener.of(channel).awaitGap();
      assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
      bus.publish(tenant, channel(channel), message("after"));
      listener.of(channel).awaitLast("after").assertUnbroken();
    }
    bus.publish(tenant, channel("a.3"), message("new"));
    listener.of("a.3").assertExactly(List.of("new"));
  }

  @Test
  void aRestartWithoutDataIsAChangedEpoch(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    ByChannel listener = new ByChannel();
    active(bus.subscribe(tenant, pattern("*"), SubscribeOptions.fromNow(), listener));
    publish(bus, tenant, channel("a.1"), numbers("m", 1, 10));
    listener.of("a.1").awaitCount(10);
    server.restartEmpty();
    LiveBus publisher = buses.bus(server.url());
    publisher.publish(tenant, channel("a.2"), message("new"));
    assertThat(listener.of("a.1").awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    listener.of("a.2").assertExactly(List.of("new"));
    publisher.publish(tenant, channel("a.1"), message("after"));
    listener.of("a.1").awaitLast("after").assertUnbroken();
  }

  @Test
  void aChannelThatNothingIsStoredOfIsLetGoAndComesBackWhereItWas(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    AtomicLong ahead = new AtomicLong();
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus =
        buses.bus(
            server.url(),
            options -> {
              options.nanoTime = () -> System.nanoTime() + ahead.get();
              return options;
            });
    publish(publisher, tenant, channel("a.early"), numbers("old", 1, 5));
    server.execute("DEL", "tenant:" + name + ":channel:a.early:buffer");
    ByChannel listener = new ByChannel();
    MultiSubscription subscription =
        bus.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), listener);
    active(subscription);
    assertThat(subscription.stats()).isEmpty(); // nothing is stored of a.early
    publish(publisher, tenant, channel("a.1"), numbers("m", 1, 10));
    publish(publisher, tenant, channel("a.2"), numbers("m", 1, 10));
    listener.of("a.1").awaitCount(10);
    listener.of("a.2").awaitCount(10);

    for (int round = 1; round <= 3; round++) {
      server.execute("DEL", "tenant:" + name + ":channel:a.1:buffer"); // as if it had expired
      await()
          .atMost(Recorder.PATIENCE)
          .until(
              () -> {
                ahead.addAndGet(Duration.ofMinutes(10).toNanos());
                return !subscription.stats().containsKey("a.1");
              });
      await()
          .atMost(Recorder.PATIENCE)
          .until(() -> Long.valueOf(0).equals(Buses.subscribed(server, name, "a.1")));
      assertThat(subscription.positions().of("a.1"))
          .isEqualTo(publisher.currentPosition(tenant, channel("a.1")));
      assertThat(subscription.stats()).containsKey("a.2");
      publish(publisher, tenant, channel("a.1"), numbers("m", round * 10 + 1, round * 10 + 10));
      listener.of("a.1").assertExactly(numbers("m", 1, round * 10 + 10));
    }
    publish(publisher, tenant, channel("a.early"), numbers("m", 1, 5));
    listener.assertExactly(
        Map.of(
            "a.early", numbers("m", 1, 5), "a.1", numbers("m", 1, 40), "a.2", numbers("m", 1, 10)));
  }

  @Test
  void aChannelThatRestsBeganBeforeWhoComesLater(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus first = buses.bus(server.url());
    LiveBus second = buses.bus(server.url());
    publish(first, tenant, channel("a.1"), numbers("old", 1, 5));
    server.execute("DEL", "tenant:" + name + ":channel:a.1:buffer");
    ByChannel early = new ByChannel();
    ByChannel late = new ByChannel();
    active(first.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), early));
    active(second.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), late));
    publish(first, tenant, channel("a.1"), numbers("m", 1, 5));
    early.assertExactly(Map.of("a.1", numbers("m", 1, 5)));
    late.assertExactly(Map.of("a.1", numbers("m", 1, 5)));
  }

  @Nested
  @RedisTest(dedicated = true, appendOnly = true)
  class WithPersistence {
    @Test
    void aKilledServerThatKeptItsDataIsNoGap(RedisServer server, @UniqueTenant String name)
        throws Exception {
      Tenant tenant = Tenant.of(name);
      LiveBus bus = buses.bus(server.url());
      ByChannel listener = new ByChannel();
      active(bus.subscribe(tenant, pattern("*"), SubscribeOptions.fromNow(), listener));
      publish(bus, tenant, channel("a.1"), numbers("m", 1, 50));
      server.kill();
      await().atMost(Recorder.PATIENCE).until(() -> bus.state() == LifecycleState.RECOVERING);
      server.restart();
      LiveBus other = buses.bus(server.url());
      publish(other, tenant, channel("a.1"), numbers("m", 51, 100));
      publish(other, tenant, channel("a.2"), numbers("m", 1, 100));
      listener.assertExactly(Map.of("a.1", numbers("m", 1, 100), "a.2", numbers("m", 1, 100)));
    }
  }
}
