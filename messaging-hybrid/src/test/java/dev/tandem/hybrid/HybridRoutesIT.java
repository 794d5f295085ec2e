package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.RateLimitedException;
import dev.tandem.api.error.StreamFullException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.RateLimit;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams, channels, several of them, and by type. */
@RedisTest
class HybridRoutesIT {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final Channel<String> AUDIT = BOARD.named("audit");
  private static final Channel<String> TICKER = BOARD.named("ticker").fleeting();

  private final RedisServer server;
  private final Tenant tenant;
  private final BothSides sides;
  private RedisConnection redis;
  private HybridPublisher hybrid;

  HybridRoutesIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
    this.redis = RedisConnection.connect(server.url());
    this.hybrid = HybridPublisher.builder(redis).build();
  }

  @BeforeEach
  void isConnected() {
    assertThat(redis.health().isUp()).isTrue();
  }

  @AfterEach
  void close() {
    hybrid.close();
    redis.close();
  }

  @Test
  void aStreamAlone() {
    HybridReceipt receipt =
        hybrid.publish(tenant, Message.of("order.placed", "one").key("k"), Route.toStream(ORDERS));

    assertThat(sides.stream("orders").get(receipt.id().value()))
        .containsExactly(
            Map.entry("type", "order.placed"),
            Map.entry("key", "k"),
            Map.entry("headers", ""),
            Map.entry("data", "one"));
    assertThat(receipt.channels()).isEmpty();
    assertThat(receipt.position()).isNull();
    assertThat(receipt.receivers()).isZero();
  }

  @Test
  void channelsAlone() {
    FixedRoute<String> route = Route.toChannel(BOARD).andChannel(AUDIT);
    HybridReceipt first = hybrid.publish(tenant, Message.of("order.placed", "one"), route);
    HybridReceipt second = hybrid.publish(tenant, Message.of("order.placed", "two"), route);

    assertThat(first.id()).isNotEqualTo(second.id());
    for (String channel : List.of("board", "audit")) {
      assertThat(sides.buffer(channel))
          .containsExactly(Map.entry(1L, first.id().value()), Map.entry(2L, second.id().value()));
    }
    assertThat(server.execute("KEYS", "tenant:" + tenant.name() + ":stream:*"))
        .isEqualTo(List.of());
  }

  @Test
  void severalChannelsBearTheStreamsIdAndTheStreamTheirPositions() {
    hybrid.publish(tenant, Message.of("t", "alone"), Route.toChannel(AUDIT));
    FixedRoute<String> route =
        Route.toStream(ORDERS).andChannel(TICKER).andChannel(BOARD).andChannel(AUDIT);
    Recorder ticker = new Recorder();
    try (LiveBus bus = LiveBus.builder(redis).build()) {
      bus.subscribe(tenant, TICKER, SubscribeOptions.fromNow(), ticker).active().join();
      HybridReceipt receipt = hybrid.publish(tenant, Message.of("order.placed", "one"), route);

      String id = receipt.id().value();
      assertThat(sides.buffer("board")).containsExactly(Map.entry(1L, id));
      assertThat(sides.buffer("audit")).containsEntry(2L, id);
      await().atMost(Duration.ofSeconds(60)).until(() -> ticker.ids.equals(List.of(receipt.id())));
      assertThat(receipt.channels())
          .extracting(ChannelReceipt::channel)
          .containsExactly("ticker", "board", "audit");
      assertThat(receipt.receivers()).isEqualTo(1);
      assertThat(receipt.position("ticker")).isNull();
      assertThat(receipt.position()).isEqualTo(receipt.position("board"));
      assertThat(Objects.requireNonNull(sides.positionsInStream("orders").get(id)))
          .isEqualTo(
              new Positions(Map.of("board", at(receipt, "board"), "audit", at(receipt, "audit"))));
    }
  }

  @Test
  void aMixOfRoutesByTypeKeepsTheOrderOfEachPlace() {
    Route<String> route =
        Route.<String>byType()
            .on("both", Route.toStream(ORDERS).andChannel(BOARD))
            .on("live", Route.toChannel(BOARD).andChannel(AUDIT))
            .on("all", Route.toStream(ORDERS).andChannel(AUDIT).andChannel(BOARD))
            .otherwise(Route.toStream(ORDERS));
    List<String> types = List.of("both", "live", "durable", "all");
    List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      receipts.add(
          hybrid.publishAsync(
              tenant, Message.of(types.get((i * 7 + i / 5) % types.size()), "m" + i), route));
    }
    List<String> stream = new ArrayList<>();
    List<String> board = new ArrayList<>();
    List<String> audit = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      String type = types.get((i * 7 + i / 5) % types.size());
      String id = receipts.get(i).join().id().value();
      if (!type.equals("live")) {
        stream.add(id);
      }
      if (!type.equals("durable")) {
        board.add(id);
      }
      if (type.equals("live") || type.equals("all")) {
        audit.add(id);
      }
    }
    assertThat(sides.stream("orders").keySet()).containsExactlyElementsOf(stream);
    assertThat(sides.buffer("board").values()).containsExactlyElementsOf(board);
    assertThat(sides.buffer("audit").values()).containsExactlyElementsOf(audit);
  }

  @Test
  void aTypeWithoutARouteIsRefusedAndNothingIsSent() {
    Route<String> route =
        Route.<String>byType().on("order.placed", Route.toStream(ORDERS)).otherwiseRefuse();

    assertThatThrownBy(() -> hybrid.publishAsync(tenant, Message.of("order.viewed", "one"), route))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("order.viewed");
    assertThat(sides.stream("orders")).isEmpty();
  }

  @Test
  void theLimitOfAChannelCounts() {
    FixedRoute<String> route =
        Route.toStream(ORDERS)
            .andChannel(BOARD.rateLimit(RateLimit.of(2, Duration.ofHours(1))))
            .andChannel(AUDIT);
    hybrid.publish(tenant, Message.of("t", "one"), route);
    hybrid.publish(tenant, Message.of("t", "two"), route);

    assertThatThrownBy(() -> hybrid.publishAsync(tenant, Message.of("t", "three"), route))
        .isInstanceOf(RateLimitedException.class)
        .hasMessageContaining("board");
    assertThat(sides.stream("orders")).hasSize(2);
    assertThat(sides.buffer("audit")).hasSize(2);
    assertThat(hybrid.stats().rateLimited()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFullStreamTakesAsManyAsItHasRoomForAndTheChannelTheSame(boolean idempotent) {
    HybridPublisherBuilder builder = HybridPublisher.builder(redis);
    try (HybridPublisher publisher = (idempotent ? builder.idempotent() : builder).build()) {
      FixedRoute<String> route = Route.toStream(ORDERS.boundedTo(70)).andChannel(BOARD);
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        receipts.add(publisher.publishAsync(tenant, Message.of("t", "m" + i), route));
      }
      List<String> taken = new ArrayList<>();
      int refused = 0;
      for (CompletableFuture<HybridReceipt> receipt : receipts) {
        try {
          taken.add(receipt.join().id().value());
        } catch (CompletionException e) {
          assertThat(e).hasCauseInstanceOf(StreamFullException.class);
          refused++;
        }
      }
      assertThat(taken).hasSize(70);
      assertThat(refused).isEqualTo(130);
      assertThat(sides.stream("orders").keySet()).containsExactlyElementsOf(taken);
      assertThat(sides.buffer("board").values()).containsExactlyElementsOf(taken);
      StreamFullException error =
          catchThrowableOfType(
              StreamFullException.class,
              () -> publisher.publish(tenant, Message.of("t", "more"), route));
      assertThat(error.limit()).isEqualTo(70);
      assertThat(error.length()).isEqualTo(70);
    }
  }

  private static Position at(HybridReceipt receipt, String channel) {
    return Objects.requireNonNull(receipt.position(channel));
  }
}
