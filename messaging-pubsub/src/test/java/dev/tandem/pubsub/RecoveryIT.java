package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Counter;
import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where subscriptions begin, and what it costs when many begin at once. */
@RedisTest
class RecoveryIT {
  private final Buses buses = new Buses();
  private Counter reads = new Counter();
  private @Nullable LiveBus counted;

  @AfterEach
  void close() {
    if (counted != null) {
      counted.close();
    }
    buses.close();
  }

  @Test
  void theLatestIsTheNewestMessageAndThenWhatFollows(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = buses.bus(server.url());
    publish(publisher, tenant, channel("board"), numbers("m", 1, 100));
    Recorder recorder = new Recorder();

    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), recorder));
    recorder.awaitCount(1);
    publish(publisher, tenant, channel("board"), numbers("m", 101, 120));
    recorder.assertExactly(numbers("m", 100, 120));

    Recorder second = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), second));
    publish(publisher, tenant, channel("board"), List.of("m121"));
    second.assertExactly(List.of("m120", "m121"));
  }

  @Test
  void theLatestOfAnEmptyChannelIsWhatComesFirst(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.latest(), recorder);
    active(subscription);
    assertThat(subscription.position()).isNotNull();
    publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    recorder.assertExactly(numbers("m", 1, 10));
  }

  @Test
  void theLatestCountsAsReplayed(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, channel("board"), message("m1"));
    Recorder recorder = new Recorder();
    active(
        bus.subscribe(tenant, channel("board"), SubscribeOptions.latest().maxReplay(0), recorder));
    assertThat(recorder.awaitGap().reason()).isEqualTo(GapReason.TOO_FAR);
    bus.publish(tenant, channel("board"), message("m2"));
    recorder.awaitLast("m2").assertUnbroken();
    assertThat(recorder.payloads()).containsExactly("m2");
    await().until(() -> bus.health().isUp());
  }

  /** Returns at a position, and has to get everything after it: m5, m6, m7, and so on. */
  private static final class Returned implements LiveListener<String> {
    private final Subscription subscription;
    private final AtomicInteger next = new AtomicInteger();
    private volatile @Nullable String breach;

    Returned(LiveBus bus, Tenant tenant, int seen, SubscribeOptions options) {
      next.set(seen + 1);
      subscription = bus.subscribe(tenant, channel("board"), options, this);
    }

    @Override
    public void onMessage(LiveMessage<String> message) {
      String expected = "m" + next.getAndIncrement();
      if (breach == null && !message.payload().equals(expected)) {
        breach = message.payload() + " instead of " + expected;
      }
    }

    @Override
    public void onGap(Gap gap) {
      breach = gap.toString();
    }

    boolean hasAllUpTo(int message) {
      return next.get() == message + 1;
    }
  }

  private static List<Returned> returnAll(
      LiveBus bus, Tenant tenant, List<PublishReceipt> known, int many, int queueLimit)
      throws Exception {
    List<Returned> all = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      int from = (int) ((long) i * (known.size() - 1) / many);
      SubscribeOptions options = SubscribeOptions.from(at(known.get(from)));
      all.add(new Returned(bus, tenant, from + 1, options.queueLimit(queueLimit)));
    }
    for (Returned one : all) {
      active(one.subscription);
    }
    return all;
  }

  /** A bus whose reads are counted by themselves. */
  private LiveBus counted(String url) {
    RedisConnection redis = buses.connection(url);
    reads = redis.metrics().counter("tandem.pubsub.reads");
    counted = LiveBus.builder(redis).probeAfter(Buses.PROBE).tailCheckInterval(Buses.TAIL).build();
    return counted;
  }

  private long reads() {
    return reads.getCount();
  }

  /** One active subscription each to channels c0, c1 and so on. */
  private static List<Recorder> subscribed(LiveBus bus, Tenant tenant, int channels)
      throws Exception {
    List<Recorder> recorders = new ArrayList<>();
    List<Subscription> subscriptions = new ArrayList<>();
    for (int i = 0; i < channels; i++) {
      recorders.add(new Recorder());
      subscriptions.add(
          bus.subscribe(tenant, channel("c" + i), SubscribeOptions.fromNow(), recorders.get(i)));
    }
    for (Subscription subscription : subscriptions) {
      active(subscription);
    }
    return recorders;
  }

  @Test
  @Timeout(120)
  void thousandsWhoReturnAtOnceAreAnsweredFromFewReads(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = counted(server.url());
    List<PublishReceipt> known = new ArrayList<>();
    for (String payload : numbers("m", 1, 400)) {
      known.add(publisher.publish(tenant, channel("board"), message(payload)));
    }
    AtomicInteger last = new AtomicInteger(400);
    ScheduledExecutorService publishing = Executors.newSingleThreadScheduledExecutor();
    var unused =
        publishing.scheduleWithFixedDelay(
            () ->
                publisher.publish(tenant, channel("board"), message("m" + last.incrementAndGet())),
            0,
            50,
            TimeUnit.MILLISECONDS);

    List<Returned> fresh = returnAll(bus, tenant, known, 2_000, 10_000);
    long first = reads();
    fresh.subList(1, fresh.size()).forEach(one -> one.subscription.close());
    List<Returned> again = returnAll(bus, tenant, known, 2_000, 10_000);
    long second = reads();
    again.addAll(returnAll(bus, tenant, known, 300, 64)); // they read again whenever they are done
    await().atMost(Recorder.PATIENCE).until(() -> last.get() > 420);
    publishing.shutdown();
    assertThat(publishing.awaitTermination(20, TimeUnit.SECONDS)).isTrue();

    await().atMost(Recorder.PATIENCE).until(() -> fresh.get(0).hasAllUpTo(last.get()));
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> again.stream().allMatch(one -> one.hasAllUpTo(last.get())));
    assertThat(fresh).allMatch(one -> one.breach == null);
    assertThat(again).allMatch(one -> one.breach == null);
    assertThat(first).as("a head, two pages, and again for who comes meanwhile").isLessThan(40);
    assertThat(second - first).as("the same").isLessThan(40);
    assertThat(reads() - second).as("ten and more share a read").isLessThan(200);
  }

  @Test
  void whoReturnsWithPositionsOfAnotherLogIsAnsweredBySharedReadsToo(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = counted(server.url());
    List<PublishReceipt> lost = publish(publisher, tenant, channel("board"), numbers("m", 1, 50));
    server.execute("DEL", "tenant:" + name + ":channel:board:meta");
    List<PublishReceipt> known = publish(publisher, tenant, channel("board"), numbers("n", 1, 50));
    List<Recorder> foreign = new ArrayList<>();
    List<Recorder> ours = new ArrayList<>();
    List<Subscription> subscriptions = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      foreign.add(new Recorder(at(lost.get(i))));
      ours.add(new Recorder(at(known.get(i))));
      SubscribeOptions other = SubscribeOptions.from(at(lost.get(i)));
      SubscribeOptions own = SubscribeOptions.from(at(known.get(i)));
      subscriptions.add(bus.subscribe(tenant, channel("board"), other, foreign.get(i)));
      subscriptions.add(bus.subscribe(tenant, channel("board"), own, ours.get(i)));
    }
    for (Subscription subscription : subscriptions) {
      active(subscription);
    }
    publish(publisher, tenant, channel("board"), List.of("last"));
    for (int i = 0; i < 50; i++) {
      foreign.get(i).awaitLast("last").assertUnbroken();
      assertThat(foreign.get(i).gaps())
          .extracting(Gap::reason)
          .containsExactly(GapReason.EPOCH_CHANGED);
      assertThat(foreign.get(i).payloads()).hasSize(51);
      ours.get(i).awaitLast("last").assertUnbroken();
      assertThat(ours.get(i).gaps()).isEmpty();
      assertThat(ours.get(i).payloads()).hasSize(50 - i);
    }
    assertThat(reads()).isLessThan(10);
  }

  @Test
  @Timeout(120)
  void afterALostConnectionOnlyTheChannelsThatMovedAreRead(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    int many = 3_000;
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = counted(proxy.url());
    List<Recorder> recorders = subscribed(bus, tenant, many);
    assertThat(reads()).as("all heads came in pipelines").isZero();

    proxy.refuse();
    for (int i = 0; i < many; i += 100) {
      publisher.publish(tenant, channel("c" + i), message("missed"));
    }
    proxy.heal();
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());

    for (int i = 0; i < many; i += 100) {
      recorders.get(i).assertExactly(List.of("missed"));
    }
    assertThat(reads()).isBetween((long) many / 100, 2L * many / 100);
    for (int i = 0; i < many; i += 50) {
      publisher.publish(tenant, channel("c" + i), message("after"));
    }
    for (int i = 0; i < many; i += 50) {
      recorders.get(i).awaitLast("after").assertUnbroken();
      assertThat(recorders.get(i).gaps()).isEmpty();
    }
  }

  @Test
  void headsWhoseRepliesAreLostAreAskedForTogetherAgain(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus bus = counted(proxy.url());
    Recorder first = subscribed(bus, tenant, 300).get(0);

    int lost = 2 * RedisConnectionBuilder.DEFAULT_ATTEMPTS;
    for (int i = 0; i < lost; i++) {
      proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    }
    proxy.reset();
    await().atMost(Recorder.PATIENCE).until(() -> proxy.droppedReplies() == lost);
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());
    assertThat(reads()).as("nothing has moved").isZero();
    publisher.publish(tenant, channel("c0"), message("m1"));
    first.assertExactly(List.of("m1"));
  }
}
