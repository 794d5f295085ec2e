package dev.tandem.hybrid;

import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A tenant's orders, the workers that handle them in transactions, and what those do. */
final class TransactionStage implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(60);
  static final String GROUP = "billing";
  static final String STATE = "totals";
  static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  static final StreamTopic<String> RECEIPTS = StreamTopic.of("receipts", Serde.string());
  static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 1_000_000);
  static final Channel<String> TICKER = Channel.of("ticker", Serde.string()).fleeting();
  static final FixedRoute<String> BOTH = Route.toStream(RECEIPTS).andChannel(BOARD);

  final RedisServer server;
  final Tenant tenant;
  final String prefix;
  final RedisConnection redis;
  final BothSides sides;
  final HybridTransactions transactions = HybridTransactions.create();
  private final StreamProducer producer;
  private final StateStore states;
  private final List<Runnable> open = new ArrayList<>();

  TransactionStage(RedisServer server, String name) {
    this.server = server;
    this.tenant = Tenant.of(name);
    this.prefix = "tenant:" + name;
    this.redis = RedisConnection.builder().url(server.url()).lazy().build();
    this.sides = new BothSides(server, prefix);
    this.producer = StreamProducer.builder(redis).idempotent().build();
    this.states = StateStore.of(redis);
  }

  MessageId send(String payload) {
    return producer.sendAndWait(tenant, ORDERS, Message.of("placed", payload));
  }

  RedisConnection connection(String url) {
    RedisConnection connection = RedisConnection.builder().url(url).lazy().build();
    open.add(connection::close);
    return connection;
  }

  StreamWorkerBuilder<String> worker(RedisConnection over) {
    return StreamWorker.builder(over, ORDERS)
        .tenant(tenant)
        .group(GROUP)
        .lease(Duration.ofMinutes(10))
        .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(5));
  }

  StreamWorker start(
      StreamWorkerBuilder<String> builder, HybridTransactionalHandler<String> handler)
      throws InterruptedException {
    StreamWorker worker = builder.transactional(transactions.handler(handler)).build();
    open.add(0, worker::closeNow);
    worker.start();
    worker.awaitState(LifecycleState.RUNNING, SOON);
    return worker;
  }

  StreamWorker start(HybridTransactionalHandler<String> handler) throws InterruptedException {
    return start(worker(redis), handler);
  }

  void awaitAcknowledged(StreamWorker worker, long count) {
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == count);
  }

  long pending() {
    List<?> summary =
        (List<?>)
            Objects.requireNonNull(server.execute("XPENDING", prefix + ":stream:orders", GROUP));
    return Long.parseLong(String.valueOf(summary.get(0)));
  }

  long total(String field) {
    return states.get(tenant, STATE, field).map(Long::parseLong).orElse(0L);
  }

  /** The payloads in a channel's buffer, in order. */
  List<String> live(String channel) {
    return sides.frames(channel).stream()
        .flatMap(frame -> frame.messages().stream())
        .map(message -> new String(message.payload(), java.nio.charset.StandardCharsets.UTF_8))
        .toList();
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
    producer.close(Duration.ofSeconds(1));
    redis.close();
  }
}
