package dev.tandem.pubsub;

import static java.util.Objects.requireNonNull;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Buses with short times, closed together with their connections. */
public final class Buses implements AutoCloseable {
  public static final Duration PROBE = Duration.ofMillis(800);
  public static final Duration TAIL = Duration.ofMillis(200);

  private final List<Runnable> open = new ArrayList<>();

  public RedisConnection connection(String url) {
    return connection(RedisConnection.builder().url(url));
  }

  private RedisConnection connection(RedisConnectionBuilder target) {
    RedisConnection redis =
        target
            .replyTimeout(Duration.ofSeconds(2))
            .connectTimeout(Duration.ofMillis(500))
            .circuitBreaker(20, Duration.ofMillis(200))
            .lazy()
            .build();
    open.add(redis::close);
    return redis;
  }

  public LiveBus bus(String url) {
    return bus(url, builder -> builder);
  }

  public LiveBus bus(String url, UnaryOperator<LiveBusBuilder> options) {
    return bus(RedisConnection.builder().url(url), options);
  }

  /** A bus to whatever this builder names. */
  LiveBus bus(RedisConnectionBuilder target, UnaryOperator<LiveBusBuilder> options) {
    RedisConnection redis = connection(target);
    LiveBus bus =
        options.apply(LiveBus.builder(redis).probeAfter(PROBE).tailCheckInterval(TAIL)).build();
    open.add(bus::close);
    return bus;
  }

  @Override
  public void close() {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).run();
    }
  }

  static Channel<String> channel(String name) {
    return Channel.of(name, Serde.string());
  }

  static Message<String> message(String payload) {
    return Message.of("test", payload);
  }

  static List<String> numbers(String prefix, int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(n -> prefix + n).toList();
  }

  /** Publishes all without waiting in between, then waits for all. */
  static List<PublishReceipt> publish(
      LiveBus bus, Tenant tenant, Channel<String> channel, List<String> payloads) throws Exception {
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (String payload : payloads) {
      sent.add(bus.publishAsync(tenant, channel, message(payload)));
    }
    List<PublishReceipt> receipts = new ArrayList<>();
    for (CompletableFuture<PublishReceipt> one : sent) {
      receipts.add(one.get(60, TimeUnit.SECONDS));
    }
    return receipts;
  }

  public static void active(Subscription subscription) throws Exception {
    subscription.active().get(60, TimeUnit.SECONDS);
  }

  /** Where a message on a recoverable channel stands. */
  static Position at(PublishReceipt receipt) {
    return requireNonNull(receipt.position());
  }

  /** How many connections are subscribed to a channel. */
  static @Nullable Object subscribed(RedisServer server, String tenant, String channel) {
    List<?> reply =
        (List<?>)
            requireNonNull(
                server.execute("PUBSUB", "NUMSUB", "tenant:" + tenant + ":channel:" + channel));
    return reply.get(1);
  }
}
