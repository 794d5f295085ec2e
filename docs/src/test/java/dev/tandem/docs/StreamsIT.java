package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.docs.StreamsExamples.Order;
import dev.tandem.docs.StreamsExamples.Transfer;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.MessageReport;
import dev.tandem.streams.MessageState;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.eventstore.Projections;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of the chapter on streams do what it says. */
@RedisTest
class StreamsIT {
  private static final Order ORDER = new Order("o-1", "c-1", 995);

  private final RedisConnection redis;
  private final Tenant acme;
  private final StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
  private final StreamProducer producer;

  StreamsIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = RedisConnection.connect(server.url());
    this.acme = Tenant.of(tenant);
    this.producer = StreamProducer.builder(redis).build();
  }

  @AfterEach
  void close() throws Exception {
    Closing.now();
    producer.close();
    redis.close();
  }

  private MessageId send(Order order) {
    return producer.sendAndWait(
        acme, orders, Message.of("order.placed", order).key(order.customer()));
  }

  @Test
  void whatAnIdempotentProducerSendsIsHandledInOrder() {
    List<Order> charged = new CopyOnWriteArrayList<>();
    StreamsExamples.producer(redis, acme, ORDER).join();

    try (StreamWorker worker = StreamsExamples.ordered(redis, acme, orders, charged::add)) {
      await().atMost(Duration.ofSeconds(60)).until(() -> charged.equals(List.of(ORDER)));
      assertThat(worker.stats().stuck()).isZero();
      await().atMost(Duration.ofSeconds(60)).until(() -> StreamsExamples.watched(worker).isEmpty());
    }
  }

  @Test
  void ofABatchOnlyWhatIsToBeRetriedComesAgain() {
    Set<String> stored = ConcurrentHashMap.newKeySet();
    try (StreamWorker worker =
        StreamsExamples.batches(
                StreamWorker.builder(redis, orders).tenant(acme).group("warehouse"),
                order -> !order.id().equals("full") && stored.add(order.id()))
            .build()) {
      worker.start();
      send(ORDER);
      send(new Order("full", "c-1", 1));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> worker.stats().acknowledged() == 1 && worker.stats().retried() == 1);
      assertThat(stored).containsExactly("o-1");
    }
  }

  @Test
  void byHand() {
    List<Order> charged = new CopyOnWriteArrayList<>();
    try (StreamConsumer consumer = StreamConsumer.builder(redis).group("hand").build()) {
      send(ORDER);
      StreamsExamples.byHand(consumer, acme, orders, charged::add);
      assertThat(charged).containsExactly(ORDER);
      send(ORDER);
      StreamsExamples.byHand(
          consumer,
          acme,
          orders,
          order -> {
            throw new IllegalArgumentException("no such customer");
          });
    }
    assertThat(DeadLetters.of(redis).list(acme, "orders", "hand", 10))
        .singleElement()
        .satisfies(letter -> assertThat(letter.error()).contains("no such customer"));
  }

  @Test
  void aTransactionMovesMoneyOnce() {
    StreamTopic<Transfer> transfers = StreamTopic.of("transfers", Serde.json(Transfer.class));
    StreamTopic<Transfer> booked = StreamTopic.of("booked", Serde.json(Transfer.class));
    StateStore state = StateStore.of(redis);
    try (StreamWorker opening =
        StreamWorker.builder(redis, booked)
            .tenant(acme)
            .group("opening")
            .transactional((message, transaction) -> transaction.state("balances").put("a", 100))
            .build()) {
      opening.start();
      producer.sendAndWait(acme, booked, Message.of("open", new Transfer("", "a", 100)));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> state.get(acme, "balances", "a").isPresent());
    }
    try (StreamWorker bank = StreamsExamples.transactional(redis, acme, transfers)) {
      bank.start();
      producer.sendAndWait(acme, transfers, Message.of("transfer", new Transfer("a", "b", 70)));
      producer.sendAndWait(acme, transfers, Message.of("transfer", new Transfer("a", "b", 70)));
      await().atMost(Duration.ofSeconds(60)).until(() -> bank.stats().acknowledged() == 2);
      assertThat(state.getAll(acme, "balances")).isEqualTo(Map.of("a", "30", "b", "70"));
    }
  }

  @Test
  void deadLettersAreReplayedToTheirGroup() {
    Set<String> failing = ConcurrentHashMap.newKeySet();
    failing.add(ORDER.id());
    try (StreamWorker worker =
        StreamWorker.builder(redis, orders)
            .tenant(acme)
            .group("billing")
            .retry(RetryPolicy.none())
            .handler(
                (message, delivery) -> {
                  if (failing.contains(message.payload().id())) {
                    throw new IllegalStateException("declined");
                  }
                })
            .build()) {
      worker.start();
      MessageId id = send(ORDER);
      await().atMost(Duration.ofSeconds(60)).until(() -> worker.stats().deadLettered() == 1);
      MessageReport report = StreamsExamples.explain(redis, acme, id);
      assertThat(report.standings().get(0).state()).isEqualTo(MessageState.DEAD_LETTERED);

      failing.clear();
      assertThat(StreamsExamples.replay(redis, acme).replayed()).isEqualTo(1);
      await().atMost(Duration.ofSeconds(60)).until(() -> worker.stats().acknowledged() == 1);
    }
  }

  @Test
  void whatIsCancelledInTimeIsNotSent() {
    assertThat(StreamsExamples.later(redis, acme, orders, ORDER)).isTrue();
  }

  @Test
  void eventsAreAppendedAtTheExpectedVersionAndProjected() {
    assertThat(StreamsExamples.events(redis, acme, ORDER)).isEqualTo(1);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                Projections.of(redis)
                    .view(acme, "purchases", "revenue")
                    .get("c-1")
                    .equals(java.util.Optional.of("995")));
  }
}
