package dev.tandem.pubsub.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Buses;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveReader;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.presence.PresenceClock;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class RequestAllIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(300);

  private final Buses buses = new Buses();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    buses.close();
    threads.shutdownNow();
  }

  /** One instance: its bus, its presence, and its side of the request. */
  private final class Instance {
    private final LiveBus bus;
    private final Presence presence;
    private final RequestAll<String, Integer> requests;

    Instance(
        RedisServer server,
        String tenant,
        String id,
        UnaryOperator<RequestAllBuilder<String, Integer>> options)
        throws Exception {
      bus = buses.bus(server.url(), builder -> builder.instanceId(id));
      presence =
          Presence.builder(bus, Tenant.of(tenant), "servers")
              .heartbeat(Duration.ofMillis(200))
              .missed(50)
              .build();
      open.addFirst(presence);
      requests =
          options
              .apply(
                  RequestAll.builder(
                          bus,
                          Tenant.of(tenant),
                          "count",
                          Serde.string(),
                          Serde.json(Integer.class))
                      .presence(presence))
              .build();
      open.addFirst(requests);
      requests.active().get(20, TimeUnit.SECONDS);
      presence.ready().get(20, TimeUnit.SECONDS);
    }

    Answers<Integer> ask(String question, Duration timeout) throws Exception {
      return requests.ask(question, timeout).get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void allWhoAreThereAnswerAndNobodyWaitsForTheTimeout(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    Instance one = new Instance(server, tenant, "one", b -> b.handler((q, m) -> q.length()));
    Instance two = new Instance(server, tenant, "two", b -> b.handler((q, m) -> q.length() * 10));
    await().atMost(PATIENCE).until(() -> one.presence.members().size() == 2);
    for (int i = 1; i <= 3; i++) {
      Answers<Integer> all = one.ask("abc", LONG);
      assertThat(all.answers()).isEqualTo(Map.of("one", 3, "two", 30));
      assertThat(all.complete()).isTrue();
      assertThat(all.silent()).isEmpty();
    }
    assertThat(two.ask("ab", LONG).answers()).isEqualTo(Map.of("one", 2, "two", 20));
    assertThat(one.requests.stats().asked()).isEqualTo(3);
    await().atMost(PATIENCE).until(() -> one.requests.stats().answers() == 6);
    await().atMost(PATIENCE).until(() -> one.requests.stats().outstanding() == 0);
    await().atMost(PATIENCE).until(() -> two.requests.stats().handled() == 4);
  }

  @Test
  void errorsTravelAndAnswersThatAreMissingAreNamed(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    CompletableFuture<Integer> slow = new CompletableFuture<>();
    Instance good = new Instance(server, tenant, "good", b -> b.handler((q, m) -> 1));
    new Instance(
        server,
        tenant,
        "bad",
        b ->
            b.handler(
                (q, m) -> {
                  throw new IllegalStateException("x".repeat(1_000));
                }));
    Instance late =
        new Instance(
            server,
            tenant,
            "late",
            b -> b.executor(threads).handler((q, m) -> slow.get(20, TimeUnit.SECONDS)));
    new Instance(server, tenant, "none", b -> b.handler((q, m) -> nothing()));
    await().atMost(PATIENCE).until(() -> good.presence.members().size() == 4);

    CompletableFuture<Answers<Integer>> asked = good.requests.ask("q", Duration.ofSeconds(2));
    Answers<Integer> all = asked.get(20, TimeUnit.SECONDS);
    assertThat(all.complete()).isFalse();
    assertThat(all.answers()).containsOnlyKeys("good");
    assertThat(all.errors()).containsOnlyKeys("bad", "none");
    assertThat(all.errors().get("bad"))
        .startsWith("IllegalStateException: xxx")
        .hasSize(Replier.MAX_ERROR);
    assertThat(all.errors().get("none")).contains("no answer");
    assertThat(all.silent()).containsExactly("late");

    slow.complete(5);
    await().atMost(PATIENCE).until(() -> good.requests.stats().late() == 1);
    assertThat(good.requests.stats().silent()).isEqualTo(1);
    assertThat(late.requests.stats().failures()).isZero();
  }

  @SuppressWarnings("NullAway") // a handler written without the annotations
  private static Integer nothing() {
    return null;
  }

  @Test
  void nobodyWaitsForWhoHasLeft(RedisServer server, @UniqueTenant String tenant) throws Exception {
    Instance one = new Instance(server, tenant, "one", b -> b.handler((q, m) -> 1));
    Instance mute = new Instance(server, tenant, "mute", b -> b);
    await().atMost(PATIENCE).until(() -> one.presence.members().size() == 2);
    CompletableFuture<Answers<Integer>> asked = one.requests.ask("q", LONG);
    await().atMost(PATIENCE).until(() -> one.requests.stats().answers() == 1);
    assertThat(asked).isNotDone();
    mute.presence.close();
    Answers<Integer> all = asked.get(20, TimeUnit.SECONDS);
    assertThat(all.answers()).isEqualTo(Map.of("one", 1));
    assertThat(all.silent()).containsExactly("mute");
    assertThat(all.complete()).isFalse();
  }

  @Test
  void withoutPresenceItWaitsForTheTimeoutAndTakesEachInstanceOnce(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url(), builder -> builder.instanceId("asker"));
    LiveBus foreign = buses.bus(server.url(), builder -> builder.instanceId("foreign"));
    RequestAll<String, Integer> asker =
        RequestAll.builder(bus, tenant, "count", Serde.string(), Serde.json(Integer.class))
            .maxAnswers(2)
            .build();
    open.addFirst(asker);
    Channel<byte[]> replies = Channel.of("count.replies.asker", Serde.bytes()).fleeting();
    // Answers twice, and what nobody can read.
    foreign
        .subscribe(
            tenant,
            Channel.of("count.requests", Serde.string()).fleeting(),
            dev.tandem.pubsub.SubscribeOptions.fromNow(),
            new Echo(foreign, tenant, replies))
        .active()
        .get(20, TimeUnit.SECONDS);
    Answers<Integer> all = asker.ask("q", SHORT.multipliedBy(5)).get(20, TimeUnit.SECONDS);
    assertThat(all.complete()).isFalse();
    assertThat(all.silent()).isEmpty();
    assertThat(all.answers()).isEmpty();
    assertThat(all.errors().get("foreign")).startsWith("unreadable answer");
    await().atMost(PATIENCE).until(() -> asker.stats().late() == 1);
  }

  /** Replies with garbage, then with an answer. */
  private record Echo(LiveBus bus, Tenant tenant, Channel<byte[]> replies)
      implements dev.tandem.pubsub.LiveListener<String> {
    @Override
    public void onMessage(dev.tandem.pubsub.LiveMessage<String> message) {
      for (String payload : new String[] {"no number", "7"}) {
        Message<byte[]> reply =
            Message.of(Replier.ANSWER, payload.getBytes(UTF_8))
                .header(Replier.ID, message.headers().get(Replier.ID).orElseThrow());
        var unused = bus.publishAsync(tenant, replies, reply);
      }
    }

    @Override
    public void onGap(dev.tandem.api.Gap gap) {}
  }

  /** They are stopped where the bound is checked already and the question not yet kept. */
  @Test
  void manyThreadsTogetherDoNotExceedTheBound(RedisServer server, @UniqueTenant String name)
      throws Exception {
    int askers = 8;
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    AtomicReference<Thread> holder = new AtomicReference<>();
    LiveBus bus = buses.bus(server.url());
    Tenant tenant = Tenant.of(name);
    Presence presence =
        PresenceClock.build(
            Presence.builder(bus, tenant, "servers"),
            () -> {
              if (Thread.currentThread() == holder.get()) {
                stopped.countDown();
                awaitQuietly(free);
              }
              return System.nanoTime();
            });
    open.addFirst(presence);
    RequestAll<String, Integer> asker =
        RequestAll.builder(bus, tenant, "count", Serde.string(), Serde.json(Integer.class))
            .presence(presence)
            .build();
    open.addFirst(asker);
    for (int i = 1; i < RequestAll.MAX_OUTSTANDING; i++) {
      var unused = asker.ask("q", LONG);
    }
    AtomicInteger refused = new AtomicInteger();
    try {
      Thread asking = new Thread(presence::isListening);
      holder.set(asking);
      asking.start(); // and lets nobody else ask for members
      assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < askers; i++) {
        threads.execute(
            () -> {
              try {
                var unused = asker.ask("q", LONG);
              } catch (BufferFullException full) {
                refused.incrementAndGet();
              }
            });
      }
      await().atMost(PATIENCE).until(() -> refused.get() == askers - 1);
    } finally {
      free.countDown();
    }
    await().atMost(PATIENCE).until(() -> asker.stats().outstanding() == RequestAll.MAX_OUTSTANDING);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void boundsAndClosing(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    RequestAll<String, Integer> asker =
        RequestAll.builder(bus, tenant, "count", Serde.string(), Serde.json(Integer.class)).build();
    assertThatThrownBy(() -> asker.ask("q", Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
    CompletableFuture<Answers<Integer>> first = asker.ask("q", LONG);
    for (int i = 1; i < RequestAll.MAX_OUTSTANDING; i++) {
      var unused = asker.ask("q", LONG);
    }
    assertThatThrownBy(() -> asker.ask("q", LONG))
        .isInstanceOfSatisfying(
            BufferFullException.class,
            e -> {
              assertThat(e.tenant()).contains(name);
              assertThat(e.destination()).contains("count.requests");
            });
    asker.close();
    asker.close();
    assertThat(first).isCompletedExceptionally();
    assertThat(asker.stats().outstanding()).isZero();
    assertThatThrownBy(() -> asker.ask("q", LONG)).isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> RequestAll.builder(bus, tenant, "a:b", Serde.string(), Serde.string()))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void whatCannotBeBuiltLeavesNoSubscription(RedisServer server, @UniqueTenant String tenant) {
    LiveBus bus = buses.bus(server.url());
    Channel<String> otherwise =
        Channel.of("count.requests", Serde.string()).recoverable(Duration.ofMinutes(1), 10);
    LiveReader<String> reader = bus.open(Tenant.of(tenant), otherwise, SubscribeOptions.fromNow());
    assertThatThrownBy(
            () ->
                RequestAll.builder(bus, Tenant.of(tenant), "count", Serde.string(), Serde.string())
                    .handler((question, message) -> question)
                    .build())
        .isInstanceOf(InvalidValueException.class);
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
    reader.close();
  }

  @Test
  void whatIsAnsweredIsNotKeptUntilItsTimeout(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Instance one = new Instance(server, tenant, "one", b -> b.handler((q, m) -> q.length()));
    WeakReference<Answers<Integer>> answers = new WeakReference<>(one.ask("abc", LONG));
    awaitForgotten(answers);
  }

  @Test
  void whatWasAskedInVainWhileRedisIsAwayIsNotKept(FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    proxy.refuse();
    RequestAll<String, Integer> requests =
        RequestAll.builder(
                buses.bus(proxy.url()),
                Tenant.of(tenant),
                "count",
                Serde.string(),
                Serde.json(Integer.class))
            .build();
    open.addFirst(requests);
    String question = UUID.randomUUID().toString();
    WeakReference<String> asked = new WeakReference<>(question);
    assertThat(requests.ask(question, SHORT).get(20, TimeUnit.SECONDS).answers()).isEmpty();
    question = "";
    awaitForgotten(asked);
    assertThat(question).isEmpty();
    assertThat(requests.active()).isNotDone();
  }

  private static void awaitForgotten(WeakReference<?> reference) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              System.gc();
              return reference.get() == null;
            });
  }
}
