package dev.tandem.docs;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.Backlog;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.MessageReport;
import dev.tandem.streams.Ordering;
import dev.tandem.streams.ReplayOptions;
import dev.tandem.streams.ReplayResult;
import dev.tandem.streams.ScheduledId;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.StreamStats;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.WhenFull;
import dev.tandem.streams.eventstore.AppendResult;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.streams.eventstore.Projection;
import dev.tandem.streams.eventstore.ViewUpdate;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the chapter on streams shows, as code that compiles and runs in {@link StreamsIT}. */
final class StreamsExamples {
  private StreamsExamples() {}

  /** A payload. */
  record Order(String id, String customer, long cents) {}

  /** A payload. */
  record Transfer(String from, String to, long cents) {}

  /** Whatever charges. */
  interface Billing {
    void charge(Order order);
  }

  /** Whatever is stored in one go. */
  interface Warehouse {
    boolean store(Order order);
  }

  static CompletableFuture<MessageId> producer(RedisConnection redis, Tenant acme, Order order) {
    // snippet:streams_producer
    StreamTopic<Order> orders =
        StreamTopic.of("orders", Serde.json(Order.class))
            .trimming(Trimming.acknowledged()) // the default
            .boundedTo(1_000_000);

    StreamProducer producer =
        StreamProducer.builder(redis)
            .idempotent()
            .whenFull(WhenFull.waitUpTo(Duration.ofSeconds(10)))
            .build();
    CompletableFuture<MessageId> id =
        producer.send(
            acme,
            orders,
            Message.of("order.placed", order)
                .key(order.customer())
                .header("trace", "4bf92f35")
                .expiresAfter(Duration.ofHours(1)));
    // end
    Closing.later(producer);
    return id;
  }

  static StreamWorker ordered(
      RedisConnection redis, Tenant acme, StreamTopic<Order> orders, Billing billing) {
    // snippet:streams_worker
    StreamWorker worker =
        StreamWorker.builder(redis, orders)
            .tenant(acme)
            .group("billing")
            .concurrency(16)
            .ordering(Ordering.BY_KEY)
            .handlerTimeout(Duration.ofMinutes(1))
            .retry(
                RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30))
                    .maxDeliveries(5)
                    .retryIf(error -> !(error instanceof IllegalArgumentException)))
            .handler((message, delivery) -> billing.charge(message.payload()))
            .build();
    worker.start();
    // end
    return worker;
  }

  static StreamWorkerBuilder<Order> batches(
      StreamWorkerBuilder<Order> worker, Warehouse warehouse) {
    // snippet:streams_batch
    worker.batchHandler(
        batch -> {
          for (Delivery<Order> delivery : batch.deliveries()) {
            if (!warehouse.store(delivery.message().payload())) {
              batch.retry(delivery, Duration.ofSeconds(5)); // the others are acknowledged
            }
          }
        },
        100,
        Duration.ofMillis(20));
    // end
    return worker;
  }

  static void byHand(
      StreamConsumer consumer, Tenant acme, StreamTopic<Order> orders, Billing billing) {
    // snippet:streams_consumer
    for (HeldDelivery<Order> delivery : consumer.poll(acme, orders, 10, Duration.ofSeconds(1))) {
      try {
        billing.charge(delivery.message().payload());
        delivery.ack();
      } catch (IllegalArgumentException e) {
        delivery.reject(String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        delivery.retry();
      }
    }
    // end
  }

  static StreamWorker transactional(
      RedisConnection redis, Tenant acme, StreamTopic<Transfer> transfers) {
    StreamTopic<Transfer> booked = StreamTopic.of("booked", Serde.json(Transfer.class));
    // snippet:streams_transaction
    StreamWorker bank =
        StreamWorker.builder(redis, transfers)
            .tenant(acme)
            .group("bank")
            .transactional(
                (message, transaction) -> {
                  Transfer transfer = message.payload();
                  var balances = transaction.state("balances");
                  if (balances.getLong(transfer.from()) >= transfer.cents()) {
                    balances.increment(transfer.from(), -transfer.cents());
                    balances.increment(transfer.to(), transfer.cents());
                    transaction.send(booked, message);
                  }
                })
            .build();
    // end
    return bank;
  }

  static ReplayResult replay(RedisConnection redis, Tenant acme) {
    // snippet:streams_dead
    DeadLetters letters = DeadLetters.of(redis);
    letters
        .list(acme, "orders", "billing", 20)
        .forEach(letter -> System.out.println(letter.originalId() + ": " + letter.error()));
    ReplayResult result =
        letters.replayAll(
            acme,
            "orders",
            "billing",
            ReplayOptions.defaults().where(DeadLetterReason.MAX_DELIVERIES).perSecond(100));
    // end
    return result;
  }

  static boolean later(RedisConnection redis, Tenant acme, StreamTopic<Order> orders, Order order) {
    // snippet:streams_later
    StreamScheduler scheduler = StreamScheduler.of(redis);
    ScheduledId reminder =
        scheduler.sendAfter(acme, orders, Message.of("order.unpaid", order), Duration.ofDays(3));
    boolean cancelled = scheduler.cancel(acme, "orders", reminder); // it was paid
    // end
    return cancelled;
  }

  static MessageReport explain(RedisConnection redis, Tenant acme, MessageId id) {
    // snippet:streams_admin
    StreamAdmin admin = StreamAdmin.of(redis);
    admin
        .groups(acme, "orders")
        .forEach(group -> System.out.println(group.name() + " lags by " + group.lag()));
    MessageReport report = admin.explain(acme, "orders", id); // where it stands in each group
    // end
    return report;
  }

  static List<String> watched(StreamWorker worker) {
    // snippet:streams_watch
    List<String> report = new ArrayList<>();
    if (!worker.health().isUp()) {
      report.add(worker.health().detail());
    }
    for (StreamStats stream : worker.stats().streams()) {
      Backlog backlog = stream.backlog(); // null unless the worker has looked lately
      if (backlog != null && backlog.oldestUnacknowledged().toMinutes() >= 10) {
        report.add(stream.tenant() + " waits: " + backlog);
      }
    }
    // end
    return report;
  }

  static long events(RedisConnection redis, Tenant acme, Order order) {
    // snippet:streams_events
    EventCategory<Order> purchases = EventCategory.of("purchases", Serde.json(Order.class));
    EventStore store = EventStore.of(redis);
    AppendResult appended =
        store.append(
            acme,
            purchases,
            order.id(),
            ExpectedVersion.none(), // somebody was faster: VersionConflictException
            List.of(Message.of("placed", order)));

    Projection revenue =
        Projection.builder(redis, purchases)
            .tenant(acme)
            .name("revenue")
            .viewHandler(
                (event, context) ->
                    ViewUpdate.none()
                        .add(
                            event.message().payload().customer(),
                            event.message().payload().cents()))
            .build();
    revenue.start();
    // end
    Closing.later(revenue);
    return appended.version();
  }
}
