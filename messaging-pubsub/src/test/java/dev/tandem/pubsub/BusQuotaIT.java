package dev.tandem.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(60)
class BusQuotaIT {
  private static final LiveListener<String> NOBODY =
      new LiveListener<>() {
        @Override
        public void onMessage(LiveMessage<String> message) {}

        @Override
        public void onGap(Gap gap) {}
      };

  private RedisServer server;
  private RedisConnection redis;
  private LiveBus bus;
  private Tenant tenant;
  private Tenant neighbour;
  private TenantQuotas quotas;

  @BeforeEach
  void connect(RedisServer given, @UniqueTenant String name) {
    server = given;
    redis = open();
    bus = LiveBus.builder(redis).build();
    tenant = Tenant.of(name);
    neighbour = Tenant.of(name + "2");
    quotas = TenantQuotas.of(redis);
  }

  @AfterEach
  void close() {
    bus.close();
    redis.close();
  }

  private RedisConnection open() {
    return RedisConnection.builder().url(server.url()).enforceQuotas().build();
  }

  private static Channel<String> channel(String name) {
    return Channel.of(name, Serde.string()).recoverable(Duration.ofSeconds(30), 100);
  }

  private static boolean publishes(LiveBus bus, Tenant tenant, Channel<String> channel) {
    try {
      bus.publish(tenant, channel, Message.of("test", "x"));
      return true;
    } catch (QuotaExceededException e) {
      return false;
    }
  }

  @Test
  void quotasHoldForAMessageThatNothingComesBefore() {
    quotas.set(tenant, TenantQuota.builder().payloadSize(10).build());
    Message<String> large = Message.of("test", "x".repeat(11));

    assertThat(publishes(bus, tenant, channel("board"))).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(bus.publishAsync(tenant, channel("board"), large))
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withCauseInstanceOf(QuotaExceededException.class);
    }
    assertThat(bus.publishAsync(neighbour, channel("board"), large))
        .succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void noMoreChannelsBeginThanThereMayBe() {
    quotas.set(tenant, TenantQuota.builder().liveChannels(20).build());
    AtomicInteger begun = new AtomicInteger();
    List<RedisConnection> connections = List.of(open(), open(), open());
    List<CompletableFuture<Void>> running = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int first = i;
      RedisConnection own = connections.get(i);
      running.add(
          CompletableFuture.runAsync(
              () -> {
                try (LiveBus other = LiveBus.builder(own).build()) {
                  for (int j = 0; j < 20; j++) {
                    if (publishes(other, tenant, channel("c-" + first + "-" + j))) {
                      begun.incrementAndGet();
                    }
                  }
                }
              },
              task -> new Thread(task, "publisher").start()));
    }
    running.forEach(CompletableFuture::join);
    connections.forEach(RedisConnection::close);

    assertThat(begun).hasValue(20);
    assertThat(publishes(bus, tenant, channel("one-more"))).isFalse();
    assertThat(publishes(bus, tenant, Channel.of("not-stored", Serde.string()).fleeting()))
        .isTrue();
    assertThat(publishes(bus, neighbour, channel("one-more"))).isTrue();
    assertThatThrownBy(() -> bus.publish(tenant, channel("one-more"), Message.of("test", "x")))
        .isInstanceOfSatisfying(
            QuotaExceededException.class,
            e -> {
              assertThat(e.quota()).isEqualTo("live-channels");
              assertThat(e.limit()).isEqualTo(20);
              assertThat(e.destination()).contains("one-more");
            });
  }

  @Test
  void noMoreSubscriptionsAreMadeThanThereMayBe() {
    quotas.set(tenant, TenantQuota.builder().subscriptions(3).build());
    Channel<String> board = channel("board");
    try (RedisConnection second = open();
        LiveBus other = LiveBus.builder(second).build()) {
      Subscription first = bus.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY);
      other.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY);
      bus.subscribe(tenant, ChannelPattern.of("b*", board), SubscribeOptions.fromNow(), NOBODY);
      assertThatThrownBy(() -> other.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY))
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo("subscriptions"));
      assertThatThrownBy(() -> bus.open(tenant, board, SubscribeOptions.fromNow()))
          .isInstanceOf(QuotaExceededException.class);
      other.subscribe(neighbour, board, SubscribeOptions.fromNow(), NOBODY);

      first.close();
      await()
          .ignoreExceptionsInstanceOf(QuotaExceededException.class)
          .until(() -> other.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY) != null);
    }
    // The other process has ended, and gave back what it had.
    assertThat(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY)).isNotNull();
    assertThat(bus.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY)).isNotNull();
    assertThatThrownBy(() -> bus.subscribe(tenant, board, SubscribeOptions.fromNow(), NOBODY))
        .isInstanceOf(QuotaExceededException.class);
  }

  @Test
  void rateAndPayloadSizeAreLimitedAndABatchIsRefusedWhole() {
    quotas.set(tenant, TenantQuota.builder().publishRate(100).payloadSize(10).build());
    Channel<String> board = channel("board");
    assertThatThrownBy(() -> bus.publish(tenant, board, Message.of("test", "x".repeat(11))))
        .isInstanceOfSatisfying(
            QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo("payload-size"));
    assertThatThrownBy(
            () ->
                bus.publish(
                    tenant,
                    ChannelBatch.of()
                        .add(board, Message.of("test", "x"))
                        .add(channel("other"), Message.of("test", "x".repeat(11)))))
        .isInstanceOf(QuotaExceededException.class);
    assertThat(bus.currentPosition(tenant, board).version()).isZero();

    int accepted = 0;
    long before = redis.serverTime().toEpochMilli();
    for (int i = 0; i < 1_000; i++) {
      accepted += publishes(bus, tenant, board) ? 1 : 0;
    }
    double seconds = (redis.serverTime().toEpochMilli() - before) / 1_000.0;
    assertThat((double) accepted).isBetween(95.0, 100 * (seconds + 1.1));
    assertThat(bus.currentPosition(tenant, board).version()).isEqualTo(accepted);
    assertThat(publishes(bus, neighbour, board)).isTrue();
  }

  @Test
  void aBatchThatIsRefusedTakesNothingOfTheRate() {
    quotas.set(tenant, TenantQuota.builder().publishRate(100).liveChannels(1).build());
    assertThat(publishes(bus, tenant, channel("board"))).isTrue();
    ChannelBatch batch =
        ChannelBatch.of()
            .add(channel("board"), Message.of("test", "x"))
            .add(channel("beyond"), Message.of("test", "x"));
    for (int i = 0; i < 300; i++) {
      assertThatThrownBy(() -> bus.publish(tenant, batch))
          .isInstanceOfSatisfying(
              QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo("live-channels"));
    }
    for (int i = 0; i < 50; i++) {
      assertThat(publishes(bus, tenant, channel("board"))).isTrue();
    }
  }

  @Test
  void noMoreChannelsBeginByBeingReadThanThereMayBe() {
    // What is refused takes no place among the subscriptions.
    quotas.set(tenant, TenantQuota.builder().liveChannels(1).subscriptions(4).build());
    bus.subscribe(tenant, channel("a"), SubscribeOptions.fromNow(), NOBODY);
    bus.subscribe(tenant, channel("a"), SubscribeOptions.fromBeginning(), NOBODY);
    for (int i = 0; i < 2; i++) {
      refusesToBegin(() -> bus.subscribe(tenant, channel("b"), SubscribeOptions.fromNow(), NOBODY));
      refusesToBegin(() -> bus.open(tenant, channel("b"), SubscribeOptions.fromBeginning()));
      refusesToBegin(() -> bus.currentPosition(tenant, channel("b")));
    }
    assertThat(redis.metrics().counter("tandem.quota.refused.live-channels").getCount())
        .isEqualTo(4);
    bus.subscribe(
        tenant, ChannelPattern.of("*", channel("any")), SubscribeOptions.fromNow(), NOBODY);
    Channel<String> fleeting = Channel.of("b", Serde.string()).fleeting();
    bus.subscribe(tenant, fleeting, SubscribeOptions.fromNow(), NOBODY);
    bus.subscribe(neighbour, channel("b"), SubscribeOptions.fromNow(), NOBODY);

    assertThat(publishes(bus, tenant, channel("a"))).isTrue();
    assertThat(publishes(bus, tenant, channel("b"))).isFalse();
    assertThat(quotas.usage(tenant).channels()).isEqualTo(1);
  }

  private static void refusesToBegin(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            QuotaExceededException.class,
            e -> {
              assertThat(e.quota()).isEqualTo("live-channels");
              assertThat(e.limit()).isEqualTo(1);
              assertThat(e.destination()).contains("b");
            });
  }
}
