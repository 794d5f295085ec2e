package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static dev.tandem.pubsub.Buses.subscribed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class LiveBusIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void deliversInTheOrderOfPublishingToOtherProcesses(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber = buses.bus(server.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        subscriber.subscribe(
            tenant, channel("board"), SubscribeOptions.fromNow().queueLimit(3_000), recorder);
    active(subscription);

    List<String> payloads = numbers("m", 1, 3_000);
    List<PublishReceipt> receipts = publish(publisher, tenant, channel("board"), payloads);

    recorder.assertExactly(payloads);
    assertThat(receipts).extracting(receipt -> at(receipt).version()).isSorted();
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> at(receipts.get(2_999)).equals(subscription.position()));
    assertThat(receipts.get(0).receivers()).isEqualTo(1);
    assertThat(subscription.stats().delivered()).isEqualTo(3_000);
    assertThat(subscription.stats().recovered()).isZero();
    assertThat(publisher.stats().published()).isEqualTo(3_000);
    assertThat(subscriber.stats().delivered()).isEqualTo(3_000);
    assertThat(subscriber.health().isUp()).isTrue();
  }

  record Order(String customer, int total) {}

  @Test
  void aMessageArrivesWithAllItsParts(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<Order> orders = Channel.of("orders", Serde.json(Order.class));
    LiveBus bus = buses.bus(server.url(), builder -> builder.instanceId("web-1"));
    List<LiveMessage<Order>> received = new CopyOnWriteArrayList<>();
    active(bus.subscribe(tenant, orders, SubscribeOptions.fromNow(), into(received)));

    PublishReceipt receipt =
        bus.publish(
            tenant,
            orders,
            Message.of("order.placed", new Order("c-7 \"ü\"", 3))
                .key("c-7")
                .header("trace", "a\\b"));

    await().atMost(Recorder.PATIENCE).until(() -> received.size() == 1);
    LiveMessage<Order> message = received.get(0);
    assertThat(message.id()).isEqualTo(receipt.id());
    assertThat(message.type()).isEqualTo("order.placed");
    assertThat(message.key()).isEqualTo("c-7");
    assertThat(message.payload()).isEqualTo(new Order("c-7 \"ü\"", 3));
    assertThat(message.payload()).isSameAs(message.payload());
    assertThat(message.raw()).asString().isEqualTo("{\"customer\":\"c-7 \\\"ü\\\"\",\"total\":3}");
    assertThat(message.headers().asMap()).isEqualTo(Map.of("trace", "a\\b"));
    assertThat(message.position()).isEqualTo(receipt.position());
    assertThat(message.timestamp())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    assertThat(message.instanceId()).isEqualTo("web-1");
    assertThat(message.tenant()).isEqualTo(tenant);
    assertThat(message.channel()).isEqualTo("orders");
  }

  @Test
  void localSubscribersShareOneDecodedPayload(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<Order> orders = Channel.of("orders", Serde.json(Order.class));
    LiveBus bus = buses.bus(server.url());
    List<LiveMessage<Order>> one = new CopyOnWriteArrayList<>();
    List<LiveMessage<Order>> two = new CopyOnWriteArrayList<>();
    active(bus.subscribe(tenant, orders, SubscribeOptions.fromNow(), into(one)));
    Channel<Order> alike = Channel.of("orders", Serde.json(Order.class));
    active(bus.subscribe(tenant, alike, SubscribeOptions.fromNow(), into(two)));
    assertThat(bus.stats().channels()).isEqualTo(1);
    assertThat(bus.stats().subscriptions()).isEqualTo(2);

    PublishReceipt receipt = bus.publish(tenant, orders, Message.of("t", new Order("c", 1)));

    await().atMost(Recorder.PATIENCE).until(() -> one.size() == 1 && two.size() == 1);
    assertThat(receipt.receivers()).isEqualTo(1);
    assertThat(one.get(0).payload()).isSameAs(two.get(0).payload());
  }

  @Test
  void bytesOfAnyKindTravel(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<byte[]> photos = Channel.of("photos", Serde.bytes());
    LiveBus bus = buses.bus(server.url());
    List<LiveMessage<byte[]>> received = new CopyOnWriteArrayList<>();
    active(bus.subscribe(tenant, photos, SubscribeOptions.fromNow(), into(received)));
    byte[] payload = {0, -1, '"', '{', 10, 127};
    bus.publish(tenant, photos, Message.of("photo", payload));
    bus.publish(tenant, photos, Message.of("empty", new byte[0]));
    await().atMost(Recorder.PATIENCE).until(() -> received.size() == 2);
    assertThat(received.get(0).payload()).isEqualTo(payload);
    assertThat(received.get(1).raw()).isEmpty();
  }

  @Test
  void resumesFromATokenWithNothingMissedAndNothingTwice(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder first = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), first);
    active(subscription);
    List<PublishReceipt> receipts = publish(bus, tenant, channel("board"), numbers("a", 1, 100));
    first.awaitCount(100);
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> at(receipts.get(99)).equals(subscription.position()));
    String token = String.valueOf(subscription.position());
    subscription.close();
    publish(bus, tenant, channel("board"), numbers("b", 1, 500));

    Position position = Position.parse(token);
    Recorder second = new Recorder(position);
    Subscription resumed =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.from(position), second);
    publish(bus, tenant, channel("board"), numbers("c", 1, 200));

    second.awaitCount(700);
    assertThat(second.payloads()).startsWith("b1").endsWith("c200").hasSize(700);
    second.assertUnbroken();
    assertThat(second.gaps()).isEmpty();
    await().atMost(Recorder.PATIENCE).until(() -> resumed.stats().recovered() >= 500);
  }

  @Test
  void aPositionInTheMiddleOfAFrameIsExact(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url(), b -> b.batching(lingering()));
    List<PublishReceipt> receipts = publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    assertThat(at(receipts.get(3)).nonce()).isEqualTo(at(receipts.get(9)).nonce());
    Recorder recorder = new Recorder(at(receipts.get(3)));
    Subscription subscription =
        bus.subscribe(
            tenant, channel("board"), SubscribeOptions.from(at(receipts.get(3))), recorder);
    active(subscription);
    recorder.assertExactly(numbers("m", 5, 10));
  }

  @Test
  void fromTheBeginningGivesTheWholeBuffer(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> small = channel("board").recoverable(Duration.ofMinutes(1), 64);
    LiveBus bus = buses.bus(server.url());
    for (int i = 1; i <= 200; i++) {
      bus.publish(tenant, small, message("m" + i));
    }
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, small, SubscribeOptions.fromBeginning(), recorder));
    recorder.assertExactly(numbers("m", 137, 200));
  }

  @Test
  void currentPositionThenStateThenSubscribeMissesNothing(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Position beforeAnything = bus.currentPosition(tenant, channel("board"));
    assertThat(beforeAnything.version()).isZero();
    assertThat(bus.currentPosition(tenant, channel("board"))).isEqualTo(beforeAnything);
    publish(bus, tenant, channel("board"), numbers("m", 1, 5));
    Recorder recorder = new Recorder(beforeAnything);
    active(
        bus.subscribe(tenant, channel("board"), SubscribeOptions.from(beforeAnything), recorder));
    recorder.assertExactly(numbers("m", 1, 5));
  }

  @Test
  void whatWasTrimmedIsAGapAndTheRestFollows(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> small = channel("board").recoverable(Duration.ofMinutes(1), 10);
    LiveBus bus = buses.bus(server.url());
    Position start = at(bus.publish(tenant, small, message("first")));
    for (int i = 1; i <= 30; i++) {
      bus.publish(tenant, small, message("m" + i));
    }
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, small, SubscribeOptions.from(start), recorder));
    Gap gap = recorder.awaitGap();
    assertThat(gap.reason()).isEqualTo(GapReason.TRIMMED);
    assertThat(gap.from()).isEqualTo(start);
    assertThat(gap.channel()).isEqualTo("board");
    bus.publish(tenant, small, message("last"));
    recorder.awaitLast("last");
    recorder.assertUnbroken();
    assertThat(recorder.payloads()).startsWith("m21").hasSize(11);
  }

  @Test
  void moreThanIsWantedIsAGap(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Position start = at(bus.publish(tenant, channel("board"), message("first")));
    publish(bus, tenant, channel("board"), numbers("m", 1, 21));
    Recorder recorder = new Recorder();
    active(
        bus.subscribe(
            tenant, channel("board"), SubscribeOptions.from(start).maxReplay(20), recorder));
    assertThat(recorder.awaitGap().reason()).isEqualTo(GapReason.TOO_FAR);
    bus.publish(tenant, channel("board"), message("last"));
    recorder.awaitLast("last");
    assertThat(recorder.payloads()).containsExactly("last");
    recorder.assertUnbroken();

    Recorder allowed = new Recorder(start);
    active(
        bus.subscribe(
            tenant, channel("board"), SubscribeOptions.from(start).maxReplay(22), allowed));
    allowed.awaitCount(22);
    assertThat(allowed.gaps()).isEmpty();
  }

  @Test
  void typesAndOwnMessagesAreLeftOutButCountAsSeen(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus mine = buses.bus(server.url());
    LiveBus other = buses.bus(server.url());
    Recorder typed = new Recorder();
    List<String> notMine = new CopyOnWriteArrayList<>();
    Subscription a =
        mine.subscribe(tenant, channel("board"), SubscribeOptions.fromNow().types("wanted"), typed);
    Subscription b =
        mine.subscribe(
            tenant,
            channel("board"),
            SubscribeOptions.fromNow().excludeOwn(),
            onMessage(message -> notMine.add(message.payload())));
    active(a);
    active(b);
    mine.publish(tenant, channel("board"), Message.of("wanted", "1"));
    other.publish(tenant, channel("board"), Message.of("other", "2"));
    Position last = at(mine.publish(tenant, channel("board"), Message.of("other", "3")));
    await().atMost(Recorder.PATIENCE).until(() -> last.equals(a.position()));
    await().atMost(Recorder.PATIENCE).until(() -> last.equals(b.position()));
    assertThat(typed.payloads()).containsExactly("1");
    assertThat(notMine).containsExactly("2");
    assertThat(a.stats().delivered()).isEqualTo(1);
  }

  @Test
  void twoSubscribersWithDifferentPositionsOnOneChannel(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    List<PublishReceipt> receipts = publish(bus, tenant, channel("board"), numbers("m", 1, 300));
    Recorder early = new Recorder(at(receipts.get(9)));
    Recorder late = new Recorder(at(receipts.get(199)));
    bus.subscribe(tenant, channel("board"), SubscribeOptions.from(at(receipts.get(9))), early);
    bus.subscribe(tenant, channel("board"), SubscribeOptions.from(at(receipts.get(199))), late);
    publish(bus, tenant, channel("board"), numbers("m", 301, 600));
    early.assertExactly(numbers("m", 11, 600));
    late.assertExactly(numbers("m", 201, 600));
  }

  @Test
  void aSlowListenerReadsAgainWhatDidNotFitAndDelaysNobody(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    CountDownLatch release = new CountDownLatch(1);
    Recorder slow = new Recorder();
    Recorder fast = new Recorder();
    Subscription stuck =
        bus.subscribe(
            tenant,
            channel("board"),
            SubscribeOptions.fromNow().queueLimit(10),
            new LiveListener<String>() {
              @Override
              public void onMessage(LiveMessage<String> message) {
                awaitQuietly(release);
                slow.onMessage(message);
              }

              @Override
              public void onGap(Gap gap) {
                slow.onGap(gap);
              }
            });
    active(stuck);
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), fast));
    for (int i = 1; i <= 300; i++) {
      bus.publish(tenant, channel("board"), message("m" + i));
    }
    fast.assertExactly(numbers("m", 1, 300));
    assertThat(stuck.stats().queued()).isLessThanOrEqualTo(10);
    release.countDown();
    slow.assertExactly(numbers("m", 1, 300));
    await().atMost(Recorder.PATIENCE).until(() -> stuck.stats().recovered() > 0);
    assertThat(stuck.stats().dropped()).isZero();
  }

  @Test
  void aThrowingListenerStopsNobody(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    AtomicInteger calls = new AtomicInteger();
    Recorder other = new Recorder();
    Subscription throwing =
        bus.subscribe(
            tenant,
            channel("board"),
            SubscribeOptions.fromNow(),
            onMessage(
                message -> {
                  if (calls.incrementAndGet() % 2 == 0) {
                    throw new AssertionError("as planned");
                  }
                  throw new IllegalStateException("as planned");
                }));
    active(throwing);
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), other));
    publish(bus, tenant, channel("board"), numbers("m", 1, 20));
    other.assertExactly(numbers("m", 1, 20));
    await().atMost(Recorder.PATIENCE).until(() -> throwing.stats().listenerFailures() == 20);
    await().atMost(Recorder.PATIENCE).until(() -> throwing.stats().delivered() == 20);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().listenerFailures() == 20);
  }

  @Test
  void fleetingChannelsKeepNothing(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> cursor = channel("cursor").fleeting();
    LiveBus bus = buses.bus(server.url());
    bus.publish(tenant, cursor, message("before"));
    Recorder recorder = new Recorder();
    Subscription subscription = bus.subscribe(tenant, cursor, SubscribeOptions.fromNow(), recorder);
    active(subscription);
    PublishReceipt receipt = bus.publish(tenant, cursor, message("1"));
    publish(bus, tenant, cursor, numbers("m", 1, 200));
    recorder.awaitCount(201);
    assertThat(receipt.position()).isNull();
    assertThat(receipt.receivers()).isEqualTo(1);
    assertThat(subscription.position()).isNull();
    assertThat(server.execute("EXISTS", "tenant:" + name + ":channel:cursor:buffer")).isEqualTo(0L);
    assertThat(server.execute("EXISTS", "tenant:" + name + ":channel:cursor:meta")).isEqualTo(0L);
    assertThatThrownBy(() -> bus.currentPosition(tenant, cursor))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(
            () -> bus.subscribe(tenant, cursor, SubscribeOptions.fromBeginning(), recorder))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(
            () -> bus.subscribe(tenant, channel("cursor"), SubscribeOptions.fromNow(), recorder))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("fleeting");
  }

  @Test
  void aFullQueueOfAFleetingChannelDropsAndCounts(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Channel<String> cursor = channel("cursor").fleeting();
    LiveBus bus = buses.bus(server.url());
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger got = new AtomicInteger();
    Subscription subscription =
        bus.subscribe(
            tenant,
            cursor,
            SubscribeOptions.fromNow().queueLimit(5),
            onMessage(
                message -> {
                  awaitQuietly(release);
                  got.incrementAndGet();
                }));
    active(subscription);
    for (int i = 0; i < 50; i++) {
      bus.publish(tenant, cursor, message("m" + i));
    }
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().dropped() == 45);
    release.countDown();
    await().atMost(Recorder.PATIENCE).until(() -> got.get() == 5);
    await().atMost(Recorder.PATIENCE).until(() -> bus.stats().dropped() == 45);
  }

  @Test
  void refusesWhatCannotBeSent(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    assertThatThrownBy(() -> bus.publish(tenant, channel("board").payloadLimit(3), message("four")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("at most 3 bytes");
    assertThatThrownBy(() -> bus.publish(tenant, channel("board"), Message.of("lone \ud800", "x")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("message type");
    Channel<String> lying =
        Channel.of(
            "board",
            new Serde<String>() {
              @Override
              public byte[] serialize(String payload, dev.tandem.api.serde.SerdeContext context) {
                return payload.getBytes(java.nio.charset.StandardCharsets.UTF_8);
              }

              @Override
              public String deserialize(byte[] bytes, dev.tandem.api.serde.SerdeContext context) {
                return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
              }

              @Override
              public boolean isJson() {
                return true;
              }
            });
    for (String notJson :
        List.of("", "{", "1,\"id\":\"x\"", "1},{\"data\":2", "1}", "1 2", "nope", "\u0000")) {
      assertThatThrownBy(() -> bus.publish(tenant, lying, message(notJson)))
          .as(notJson)
          .isInstanceOf(InvalidValueException.class);
    }
    assertThat(at(bus.publish(tenant, lying, message(" [1, {\"a\":null}] "))).version())
        .isEqualTo(1);
  }

  @Test
  void closingFailsWhatComesLaterAndEndsSubscriptions(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder);
    active(subscription);
    var pending = bus.publishAsync(tenant, channel("board"), message("last"));
    bus.close();
    bus.close();
    assertThat(at(pending.get(60, TimeUnit.SECONDS)).version()).isEqualTo(1);
    assertThat(bus.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(bus.health().isUp()).isFalse();
    assertThatThrownBy(() -> bus.publish(tenant, channel("board"), message("x")))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(
            () -> bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder))
        .isInstanceOf(ClosedException.class);
    assertThat(bus.stats().subscriptions()).isZero();
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> Long.valueOf(0).equals(subscribed(server, name, "board")));
  }

  @Test
  void aSubscriptionClosedBeforeItIsActiveFailsItsFuture(
      RedisServer server, @UniqueTenant String name) {
    LiveBus bus = buses.bus("redis://127.0.0.1:1");
    Subscription subscription =
        bus.subscribe(
            Tenant.of(name), channel("board"), SubscribeOptions.fromNow(), new Recorder());
    subscription.close();
    assertThatThrownBy(() -> subscription.active().get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ClosedException.class);
  }

  @Test
  void subscribingAndClosingInALoopLosesNothing(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    for (int round = 0; round < 400; round++) {
      Recorder recorder = new Recorder();
      Subscription subscription =
          bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder);
      if (round % 3 == 0) {
        subscription.close();
        continue;
      }
      active(subscription);
      bus.publish(tenant, channel("board"), message("r" + round));
      recorder.awaitLast("r" + round);
      assertThat(recorder.gaps()).isEmpty();
      recorder.assertUnbroken();
      subscription.close();
    }
    assertThat(bus.stats().subscriptions()).isZero();
    assertThat(bus.stats().channels()).isZero();
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> Long.valueOf(0).equals(subscribed(server, name, "board")));
  }

  @Test
  void tenantsDoNotMeet(RedisServer server, @UniqueTenant String one, @UniqueTenant String two)
      throws Exception {
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    active(bus.subscribe(Tenant.of(one), channel("board"), SubscribeOptions.fromNow(), recorder));
    bus.publish(Tenant.of(two), channel("board"), message("theirs"));
    bus.publish(Tenant.of(one), channel("board"), message("ours"));
    recorder.awaitLast("ours");
    assertThat(recorder.payloads()).containsExactly("ours");
  }

  private static dev.tandem.redis.batch.BatchSettings lingering() {
    return dev.tandem.redis.batch.BatchSettings.DEFAULT
        .batch(10, 1 << 20)
        .linger(Duration.ofSeconds(2));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(300, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> LiveListener<T> into(List<LiveMessage<T>> received) {
    return onMessage(received::add);
  }

  private static <T> LiveListener<T> onMessage(java.util.function.Consumer<LiveMessage<T>> action) {
    return new LiveListener<>() {
      @Override
      public void onMessage(LiveMessage<T> message) {
        action.accept(message);
      }

      @Override
      public void onGap(Gap gap) {}
    };
  }

  @Test
  void anExecutorThatFailsOnceDoesNotSilenceTheSubscription(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    ExecutorService pool = Executors.newSingleThreadExecutor();
    AtomicBoolean fail = new AtomicBoolean();
    try {
      LiveBus bus =
          buses.bus(
              server.url(),
              options ->
                  options.executor(
                      task -> {
                        if (fail.compareAndSet(true, false)) {
                          throw new IllegalStateException("no thread now");
                        }
                        pool.execute(task);
                      }));
      Recorder recorder = new Recorder();
      active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
      fail.set(true);
      publish(bus, tenant, channel("board"), numbers("m", 1, 3));
      publish(bus, tenant, channel("board"), numbers("n", 1, 3));
      recorder.awaitLast("n3").assertUnbroken();
      assertThat(recorder.payloads()).hasSize(6);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void anErrorOnOneOfItsThreadsIsGotOver(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    Map<String, Boolean> failed = new ConcurrentHashMap<>();
    AtomicBoolean failing = new AtomicBoolean();
    Runnable failOnce =
        () -> {
          String role = Thread.currentThread().getName().replaceFirst(".*-(\\w+)-\\d+$", "$1");
          if (failing.get()
              && List.of("link", "read", "timer").contains(role)
              && failed.put(role, true) == null) {
            throw new NoClassDefFoundError("made up");
          }
        };
    LongSupplier nanoTime =
        () -> {
          failOnce.run();
          return System.nanoTime();
        };
    RandomGenerator secure = new SecureRandom();
    RandomGenerator random =
        () -> {
          failOnce.run();
          return secure.nextLong();
        };
    LiveBus bus =
        buses.bus(
            server.url(),
            options -> {
              options.nanoTime = nanoTime;
              return options.random(random).probeAfter(Duration.ofMillis(50));
            });
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    failing.set(true);
    await()
        .atMost(Recorder.PATIENCE)
        .untilAsserted(
            () -> {
              bus.publish(tenant, channel("board"), message("more"));
              assertThat(failed).containsOnlyKeys("link", "read", "timer");
            });
    bus.publish(tenant, channel("board"), message("last"));
    recorder.awaitLast("last").assertUnbroken();
    var heard = bus.health().lastProof();
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> bus.health().isUp() && !Objects.equals(bus.health().lastProof(), heard));
  }
}
