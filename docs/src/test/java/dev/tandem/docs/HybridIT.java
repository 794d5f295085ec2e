package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.docs.HybridExamples.Order;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.HybridSubscription;
import dev.tandem.hybrid.Route;
import dev.tandem.outbox.OutboxRelay;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the chapter on hybrid messages do what it says. */
@RedisTest(dedicated = true, appendOnly = true)
class HybridIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Order ORDER = new Order("o-1", "c-1", 995);

  private final RedisServer server;
  private final RedisConnection redis;
  private final Tenant acme;
  private final LiveBus bus;
  private final Channel<Order> board = Channel.of("board", Serde.json(Order.class));

  HybridIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.redis = RedisConnection.connect(server.url());
    this.acme = Tenant.of(tenant);
    this.bus = LiveBus.builder(redis).build();
  }

  @AfterEach
  void close() throws Exception {
    Closing.now();
    bus.close();
    redis.close();
  }

  @Test
  void whatIsPublishedIsOnBothSides() throws Exception {
    HybridReceipt later = HybridExamples.publish(redis, bus, acme, ORDER).get(60, TimeUnit.SECONDS);
    assertThat(later.channels()).as("a type without a route of its own").isEmpty();
    assertThat(server.execute("XLEN", "tenant:" + acme.name() + ":stream:orders")).isEqualTo(2L);
    assertThat(server.execute("XLEN", "tenant:" + acme.name() + ":channel:board:buffer"))
        .isEqualTo(1L);
  }

  @Test
  void whoWasAwayForLongGetsAllOfItFromTheStream() throws Exception {
    Route<Order> route =
        Route.toStream(StreamTopic.of("orders", Serde.json(Order.class))).andChannel(board);
    try (HybridPublisher publisher = HybridPublisher.builder(redis).build()) {
      Position last = publisher.publish(acme, placed(), route).position();
      for (int i = 0; i < 10; i++) {
        publisher.publish(acme, placed(), route);
      }
      server.execute("DEL", "tenant:" + acme.name() + ":channel:board:buffer");

      List<LiveMessage<Order>> got = new CopyOnWriteArrayList<>();
      HybridSubscription subscription =
          HybridExamples.subscribe(redis, bus, acme, board, last, listener(got));
      publisher.publish(acme, placed(), route);
      await().atMost(PATIENCE).until(() -> got.size() == 11);
      assertThat(subscription.stats().fromStream()).isGreaterThanOrEqualTo(10);
      assertThat(subscription.stats().gaps()).isZero();
    }
  }

  @Test
  void whatIsPublishedWhileRedisIsAwayIsOnBothSidesOnceItIsBack(@TempDir Path directory)
      throws Exception {
    AtomicBoolean alarm = new AtomicBoolean();
    Route<Order> route =
        Route.toStream(StreamTopic.of("orders", Serde.json(Order.class))).andChannel(board);
    try (HybridPublisher publisher =
        HybridExamples.spool(redis, directory, () -> alarm.set(true))) {
      server.kill();
      HybridReceipt receipt = publisher.publish(acme, placed(), route);
      assertThat(receipt.isSpooled()).isTrue();
      server.restart();
      await().atMost(PATIENCE).until(() -> publisher.stats().spool().replayed() == 1);
      assertThat(server.execute("XLEN", "tenant:" + acme.name() + ":stream:orders")).isEqualTo(1L);
      assertThat(alarm).isFalse();
    }
  }

  @Test
  void aTransactionSendsPublishesAndCountsAtOnce() throws Exception {
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    StreamTopic<Order> invoices = StreamTopic.of("invoices", Serde.json(Order.class));
    List<LiveMessage<Order>> got = new CopyOnWriteArrayList<>();
    bus.subscribe(acme, board, SubscribeOptions.fromNow(), listener(got))
        .active()
        .get(60, TimeUnit.SECONDS);
    try (StreamProducer producer = StreamProducer.builder(redis).build()) {
      producer.sendAndWait(acme, orders, placed());
    }
    HybridExamples.transact(redis, bus, acme, orders, invoices, board).start();
    await().atMost(PATIENCE).until(() -> got.size() == 1);
    assertThat(got.get(0).payload()).isEqualTo(ORDER);
    assertThat(server.execute("XLEN", "tenant:" + acme.name() + ":stream:invoices")).isEqualTo(1L);
    assertThat(StateStore.of(redis).get(acme, "totals", "orders")).contains("1");
  }

  @Test
  void whatWasSavedInATransactionIsPublished() throws Exception {
    JdbcDataSource database = new JdbcDataSource();
    database.setURL("jdbc:h2:mem:" + acme.name() + ";DB_CLOSE_DELAY=-1");
    StreamTopic<Order> orders = StreamTopic.of("orders", Serde.json(Order.class));
    OutboxRelay relay = HybridExamples.outbox(redis, database, acme, orders, board, ORDER);
    await().atMost(PATIENCE).until(() -> relay.stats().published() == 1);
    assertThat(server.execute("XLEN", "tenant:" + acme.name() + ":stream:orders")).isEqualTo(1L);
  }

  private static LiveListener<Order> listener(List<LiveMessage<Order>> got) {
    return new LiveListener<>() {
      @Override
      public void onMessage(LiveMessage<Order> message) {
        got.add(message);
      }

      @Override
      public void onGap(Gap gap) {
        throw new AssertionError(gap);
      }
    };
  }

  private static Message<Order> placed() {
    return Message.of("order.placed", ORDER);
  }
}
