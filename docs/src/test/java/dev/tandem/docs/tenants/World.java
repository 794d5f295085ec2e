package dev.tandem.docs.tenants;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.ScheduledId;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A connection that is logged in as one tenant, and the tenant that calls are made for. */
final class World implements AutoCloseable {
  static final String GROUP = "billing";
  static final Duration PATIENCE = Duration.ofSeconds(30);

  final RedisConnection redis;
  final RedisConnection admin;
  final Tenant tenant;
  final Duration wait;
  final StreamTopic<String> topic = StreamTopic.of("orders", Serde.string());
  final EventCategory<String> category = EventCategory.of("accounts", Serde.string());
  final Channel<String> board =
      Channel.of("board", Serde.string()).recoverable(Duration.ofMinutes(5), 100);
  final Channel<String> fleeting = Channel.of("ticker", Serde.string()).fleeting();

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final StreamConsumer otherConsumer;

  /**
   * Creates a world.
   *
   * @param redis logged in as some tenant
   * @param admin may do everything
   * @param tenant whom calls are made for
   * @param wait how long calls wait for what is there; a refusal may take as long
   */
  World(RedisConnection redis, RedisConnection admin, Tenant tenant, Duration wait) {
    this.wait = wait;
    this.redis = redis;
    this.admin = admin;
    this.tenant = tenant;
    otherConsumer = open(StreamConsumer.builder(admin).group(GROUP).build());
  }

  /** Gives the tenant something of everything. */
  void populate() throws Exception {
    pending();
    dead();
    scheduled();
    EventStore.of(admin).append(tenant, category, "a1", ExpectedVersion.any(), List.of(message()));
    try (LiveBus bus = LiveBus.builder(admin).build()) {
      bus.publish(tenant, board, message());
    }
  }

  Message<String> message() {
    return Message.of("placed", "payload");
  }

  /** A message in the stream. */
  MessageId sent() {
    try (StreamProducer producer = StreamProducer.builder(admin).build()) {
      return producer.sendAndWait(tenant, topic, message());
    }
  }

  /** A message that another consumer holds. */
  HeldDelivery<String> pending() {
    sent();
    return otherConsumer.poll(tenant, topic, 1, PATIENCE).get(0);
  }

  /** The consumer that holds what is {@link #pending}. */
  String holder() {
    return otherConsumer.consumer();
  }

  /** The id of a dead letter. */
  MessageId dead() {
    pending().reject("not wanted");
    return DeadLetters.of(admin).listNewest(tenant, topic.name(), GROUP, 1).get(0).id();
  }

  /** A message that is to be sent tomorrow. */
  ScheduledId scheduled() {
    return StreamScheduler.of(admin).sendAfter(tenant, topic, message(), Duration.ofDays(1));
  }

  /** Closes this with the world. */
  <C extends AutoCloseable> C open(C closeable) {
    opened.push(closeable);
    return closeable;
  }

  LiveBus bus() {
    return open(LiveBus.builder(redis).build());
  }

  /** What was looked for must be there. */
  static Object require(Optional<?> found) {
    if (found.isEmpty()) {
      throw new AssertionError("nothing was found");
    }
    return found.get();
  }

  /** What the future gives, or what it fails with. */
  static <T> T get(CompletableFuture<T> future) throws Exception {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /**
   * Waits for something that happens by itself.
   *
   * @throws ToldByHealth if it does not happen, because the server refuses something: nobody called
   *     to whom that could be thrown
   */
  static void await(Callable<Boolean> done, Callable<Health> health) throws Exception {
    AtomicReference<@Nullable Health> refusal = new AtomicReference<>();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              if (done.call()) {
                refusal.set(null);
                return true;
              }
              Health now = health.call();
              boolean refused = !now.isUp() && now.detail().contains("NOPERM");
              refusal.set(refused ? now : null);
              return refused;
            });
    Health told = refusal.get();
    if (told != null) {
      throw new ToldByHealth(told);
    }
  }

  /** What goes on in the background is refused, and says so by its health. */
  static final class ToldByHealth extends Exception {
    private static final long serialVersionUID = 1L;

    ToldByHealth(Health health) {
      super(health.detail());
    }
  }

  /** The key or channel that a refusal is to name. */
  String prefix() {
    return redis.usesHashTags() ? "tenant:{" + tenant + "}:" : "tenant:" + tenant + ":";
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        throw new AssertionError("what a test opened cannot be closed", e);
      }
    }
  }
}
