package dev.tandem.docs;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.HybridSubscribeOptions;
import dev.tandem.hybrid.HybridSubscriber;
import dev.tandem.hybrid.HybridSubscription;
import dev.tandem.hybrid.HybridTransactions;
import dev.tandem.hybrid.OutagePolicy;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.Spool;
import dev.tandem.hybrid.SpoolListener;
import dev.tandem.outbox.Outbox;
import dev.tandem.outbox.OutboxRelay;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.outbox.OutboxSchema;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.Trimming;
import dev.tandem.tenant.Tenant;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What the chapter on hybrid messages shows, as code that compiles and runs in {@link HybridIT}.
 */
final class HybridExamples {
  private HybridExamples() {}

  /** A payload. */
  record Order(String id, String customer, long cents) {}

  static CompletableFuture<HybridReceipt> publish(
      RedisConnection redis, LiveBus bus, Tenant acme, Order order) {
    // snippet:hybrid_publish
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    Channel<Order> board = Channel.of("board", Serde.json(Order.class));
    Channel<Order> ticker = Channel.of("ticker", Serde.json(Order.class)).fleeting();

    Route<Order> route = // declared once, used for every message
        Route.<Order>byType()
            .on("order.placed", Route.toStream(orders).andChannel(board).andChannel(ticker))
            .on("order.viewed", Route.toChannel(ticker))
            .otherwise(Route.toStream(orders));

    HybridPublisher publisher = // one per process
        HybridPublisher.builder(redis).idempotent().instanceId(bus.instanceId()).build();

    HybridReceipt receipt = publisher.publish(acme, Message.of("order.placed", order), route);
    MessageId id = receipt.id(); // the stream entry's, and the live message's
    Position position = receipt.position("board");
    CompletableFuture<HybridReceipt> later =
        publisher.publishAsync(acme, Message.of("order.paid", order), route);
    // end
    Closing.later(publisher);
    return id.equals(MessageId.of("0-0")) || position == null
        ? CompletableFuture.failedFuture(new AssertionError(receipt))
        : later;
  }

  static StreamWorker transact(
      RedisConnection redis,
      LiveBus bus,
      Tenant acme,
      StreamTopic<Order> orders,
      StreamTopic<Order> invoices,
      Channel<Order> board) {
    // snippet:hybrid_transaction
    HybridTransactions transactions = HybridTransactions.create().instanceId(bus.instanceId());

    StreamWorker worker =
        StreamWorker.builder(redis, orders)
            .tenant(acme)
            .group("billing")
            .transactional(
                transactions.handler(
                    (message, transaction) -> {
                      transaction.state("totals").increment("orders", 1);
                      transaction.send(invoices, message);
                      transaction.publish(board, Message.of("order.billed", message.payload()));
                    }))
            .build();
    // end
    Closing.later(worker);
    return worker;
  }

  static OutboxRelay outbox(
      RedisConnection redis,
      DataSource database,
      Tenant acme,
      StreamTopic<Order> orders,
      Channel<Order> board,
      Order order)
      throws SQLException {
    // snippet:hybrid_outbox
    OutboxRoute<Order> placed = OutboxRoute.of("placed", Route.toStream(orders).andChannel(board));
    Outbox outbox = Outbox.inDefaultTable();

    try (Connection connection = database.getConnection()) {
      OutboxSchema.create(connection); // once; or let your migrations run OutboxSchema.ddl
      connection.setAutoCommit(false);
      // insert the order into a table of yours, on this connection
      outbox.save(
          connection, acme, Message.of("order.placed", order).key(order.customer()), placed);
      connection.commit();
    }

    OutboxRelay relay = OutboxRelay.builder(redis, database).route(placed).build();
    relay.start(); // in as many processes as you like
    // end
    Closing.later(relay);
    return relay;
  }

  static HybridSubscription subscribe(
      RedisConnection redis,
      LiveBus bus,
      Tenant acme,
      Channel<Order> board,
      @Nullable Position last,
      LiveListener<Order> listener) {
    // snippet:hybrid_subscribe
    StreamTopic<Order> orders =
        StreamTopic.of("orders", Serde.json(Order.class))
            .trimming(Trimming.byAge(Duration.ofDays(7))); // as long as anybody may be away

    HybridSubscriber subscriber = HybridSubscriber.builder(redis, bus).build(); // one per process
    HybridSubscribeOptions options =
        last == null ? HybridSubscribeOptions.fromNow() : HybridSubscribeOptions.from(last);
    HybridSubscription subscription = subscriber.subscribe(acme, orders, board, options, listener);
    // end
    Closing.later(subscriber);
    return subscription;
  }

  static HybridPublisher spool(RedisConnection redis, Path directory, Runnable alarm) {
    // snippet:hybrid_spool
    Spool spool =
        Spool.at(directory)
            .maxMessages(500_000)
            .maxBytes(512L << 20)
            .listener(
                new SpoolListener() {
                  @Override
                  public void onDamaged(Path keptAs, long records) {
                    alarm.run();
                  }
                });
    HybridPublisher publisher =
        HybridPublisher.builder(redis).outage(OutagePolicy.spool(spool)).build();
    // end
    return publisher;
  }
}
