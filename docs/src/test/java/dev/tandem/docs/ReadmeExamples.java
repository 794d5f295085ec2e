package dev.tandem.docs;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** What README shows, between the marks, as code that compiles and runs in {@link ReadmeIT}. */
final class ReadmeExamples {
  private ReadmeExamples() {}

  /** A payload. */
  record Order(String id, String customer, long cents) {}

  /** Whatever charges. */
  interface Billing {
    void charge(Order order);
  }

  /** Whatever the browser is connected by. */
  interface Socket {
    void send(String token, byte[] json);

    void reloadEverything();
  }

  static CompletableFuture<MessageId> durable(String url, Order order, Billing billing) {
    // snippet:durable
    RedisConnection redis = RedisConnection.connect(url); // redis://localhost:6379
    Tenant acme = Tenant.of("acme");
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));

    StreamProducer producer = StreamProducer.builder(redis).build();
    CompletableFuture<MessageId> id =
        producer.send(acme, orders, Message.of("order.placed", order).key(order.customer()));

    StreamWorker worker =
        StreamWorker.builder(redis, orders)
            .tenant(acme)
            .group("billing")
            .concurrency(8)
            .retry(
                RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30))
                    .maxDeliveries(5))
            .handler((message, delivery) -> billing.charge(message.payload()))
            .build();
    worker.start(); // returns: acknowledged. throws: retried later, then a dead letter
    // end
    Closing.later(worker, producer, redis);
    return id;
  }

  static Subscription live(LiveBus bus, Tenant acme, Order order, Socket socket, Position last) {
    // snippet:live
    Channel<Order> board =
        Channel.of("board", Serde.json(Order.class)).recoverable(Duration.ofMinutes(5), 1_000);

    Subscription subscription =
        bus.subscribe(
            acme,
            board,
            SubscribeOptions.from(last), // or fromNow()
            new LiveListener<Order>() {
              @Override
              public void onMessage(LiveMessage<Order> message) {
                String token = String.valueOf(message.position()); // to come back with
                socket.send(token, message.raw());
              }

              @Override
              public void onGap(Gap gap) { // never a silent hole
                socket.reloadEverything();
              }
            });
    bus.publish(acme, board, Message.of("order.placed", order));
    // end
    return subscription;
  }

  static HybridReceipt hybrid(RedisConnection redis, Tenant acme, Order order) {
    StreamTopic<Order> payments = StreamTopic.of("payments", Serde.json(Order.class));
    Channel<Order> board = Channel.of("board", Serde.json(Order.class));
    // snippet:hybrid
    try (HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      HybridReceipt receipt =
          hybrid.publish(
              acme,
              Message.of("payment.completed", order),
              Route.toStream(payments).andChannel(board));
      return receipt; // message id, position on the channel, receivers
    }
    // end
  }
}
