package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RedisTest
class HybridPublisherIT {
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final Route<String> BOTH = Route.toStream(PAYMENTS).andChannel(BOARD);

  private final RedisServer server;
  private final Tenant tenant;
  private final BothSides sides;
  private RedisConnection redis;
  private HybridPublisher hybrid;

  HybridPublisherIT(RedisServer server, @UniqueTenant String tenant) {
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
  void bothSidesBearTheSameIdAndVersion() {
    HybridReceipt first = hybrid.publish(tenant, Message.of("paid", "one").key("c-1"), BOTH);
    HybridReceipt second =
        hybrid.publish(tenant, Message.of("paid", "two").header("trace", "4bf9"), BOTH);

    assertThat(sides.buffer("board"))
        .containsExactly(Map.entry(1L, first.id().value()), Map.entry(2L, second.id().value()));
    assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
    assertThat(position(first).version()).isEqualTo(1);
    assertThat(position(second).version()).isEqualTo(2);
    assertThat(position(second).epoch()).isEqualTo(position(first).epoch());
    assertThat(sides.stream("payments").get(second.id().value()))
        .containsEntry("type", "paid")
        .containsEntry("headers", "{\"trace\":\"4bf9\"}")
        .containsEntry("data", "two");
    assertThat(sides.frames("board").get(0).messages().get(0).key()).isEqualTo("c-1");
    assertThat(first.receivers()).isZero();
  }

  @Test
  void theStreamsHalfCarriesTheTimeToLive() {
    Message<String> expiring = Message.of("paid", "one").expiresAfter(Duration.ofMinutes(2));
    HybridReceipt first = hybrid.publish(tenant, expiring, BOTH);
    HybridReceipt second = hybrid.publish(tenant, Message.of("paid", "two"), BOTH);

    assertThat(sides.stream("payments").get(first.id().value()))
        .containsExactly(
            Map.entry("type", "paid"),
            Map.entry("key", ""),
            Map.entry("headers", ""),
            Map.entry("data", "one"),
            Map.entry("ttl", "120000"),
            Map.entry("positions", positions("board", first)));
    assertThat(sides.stream("payments").get(second.id().value()))
        .containsOnlyKeys("type", "key", "headers", "data", "positions");
    assertThat(sides.frames("board").get(0).messages().get(0).id()).isEqualTo(first.id());
  }

  @Test
  void waitingOnTheSendingThreadIsRefused() throws Exception {
    Thread here = Thread.currentThread();
    AtomicBoolean ranHere = new AtomicBoolean();
    CompletableFuture<HybridReceipt> waiting;
    do { // a stage that is added to a future that is done runs here
      ranHere.set(false);
      waiting =
          hybrid
              .publishAsync(tenant, Message.of("paid", "x".repeat(100_000)), BOTH)
              .thenCompose(
                  first -> {
                    ranHere.set(Thread.currentThread() == here);
                    return CompletableFuture.completedFuture(
                        ranHere.get()
                            ? first
                            : hybrid.publish(tenant, Message.of("paid", "inner"), BOTH));
                  });
    } while (ranHere.get());
    CompletableFuture<HybridReceipt> refused = waiting;
    assertThatThrownBy(() -> refused.get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
    assertThat(hybrid.publish(tenant, Message.of("paid", "after"), BOTH).position()).isNotNull();
  }

  @Test
  void whoMayNotPublishToTheChannelAppendsNothing() {
    server.execute(
        "ACL", "SETUSER", "mute", "on", ">x", "~*", "+@all", "resetchannels", "&elsewhere");
    String url = server.url().replace("redis://", "redis://mute:x@");
    try (RedisConnection mute = RedisConnection.connect(url);
        HybridPublisher publisher = HybridPublisher.builder(mute).build()) {
      Message<String> message = Message.of("paid", "one");
      assertThatThrownBy(() -> publisher.publish(tenant, message, BOTH))
          .isInstanceOfSatisfying(
              ServerErrorException.class,
              error -> assertThat(error.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
    } finally {
      server.execute("ACL", "DELUSER", "mute");
    }
    assertThat(sides.stream("payments")).isEmpty();
    assertThat(sides.frames("board")).isEmpty();
  }

  @Test
  void aBatchOfManyKeepsItsOrderOnBothSides() {
    List<CompletableFuture<HybridReceipt>> results = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      results.add(hybrid.publishAsync(tenant, Message.of("paid", "p" + i), BOTH));
    }
    List<String> ids = results.stream().map(result -> result.join().id().value()).toList();

    assertThat(sides.stream("payments").keySet()).containsExactlyElementsOf(ids);
    assertThat(sides.versionsInStream("payments").keySet())
        .containsExactlyElementsOf(longs(1, 2_000));
    // The channel keeps 1,000, and never fewer.
    Map<Long, String> buffer = sides.buffer("board");
    assertThat(buffer.size()).isBetween(1_000, 1_127); // by whole frames
    assertThat(sides.versionsInStream("payments")).containsAllEntriesOf(buffer);
    assertThat(buffer.keySet()).containsExactlyElementsOf(longs(2_001 - buffer.size(), 2_000));
    assertThat(hybrid.stats().published()).isEqualTo(2_000);
    // What waits shrinks a moment after the futures are done.
    await().atMost(Duration.ofSeconds(60)).until(() -> hybrid.stats().waiting() == 0);
  }

  @Test
  void severalRoutesInOneBatchKeepTheOrderOfEachDestination() {
    Channel<String> other = Channel.of("other", Serde.string());
    Route<String> crossing = Route.toStream(PAYMENTS).andChannel(other);
    List<CompletableFuture<HybridReceipt>> results = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      results.add(
          hybrid.publishAsync(tenant, Message.of("paid", "p" + i), i % 3 == 0 ? crossing : BOTH));
    }
    List<String> ids = results.stream().map(result -> result.join().id().value()).toList();

    assertThat(sides.stream("payments").keySet()).containsExactlyElementsOf(ids);
    assertThat(sides.buffer("board").values()).containsExactlyElementsOf(some(ids, false));
    assertThat(sides.buffer("other").values()).containsExactlyElementsOf(some(ids, true));
  }

  @Test
  void aFleetingChannelStoresNothingAndTheEntryHasNoVersion() {
    Route<String> fleeting =
        Route.toStream(PAYMENTS).andChannel(Channel.of("board", Serde.string()).fleeting());

    HybridReceipt receipt = hybrid.publish(tenant, Message.of("paid", "one"), fleeting);

    assertThat(receipt.position()).isNull();
    assertThat(sides.stream("payments").get(receipt.id().value())).containsEntry("positions", "");
    assertThat(server.execute("EXISTS", "tenant:" + tenant + ":channel:board:buffer"))
        .isEqualTo(0L);
  }

  @Test
  void ifEitherSideIsOfAnotherKindNeitherHappens() {
    String prefix = "tenant:" + tenant;
    for (String key : List.of(":stream:payments", ":channel:board:buffer", ":channel:board:meta")) {
      server.execute("SET", prefix + key, "something else");

      MessagingException error =
          catchThrowableOfType(
              MessagingException.class,
              () -> hybrid.publish(tenant, Message.of("paid", "one"), BOTH));

      assertThat(error.code()).as(key).isEqualTo(ErrorCode.WRONG_TYPE);
      server.execute("DEL", prefix + key);
      assertThat(server.execute("KEYS", prefix + ":*")).as(key).isEqualTo(List.of());
    }
    assertThat(hybrid.stats().failed()).isEqualTo(3);
  }

  @Test
  void aLostReplyIsReportedAsUnknownAndBothSidesHaveItOnce(FaultProxy proxy) {
    try (RedisConnection through = RedisConnection.connect(proxy.url());
        HybridPublisher publisher = HybridPublisher.builder(through).build()) {
      publisher.publish(tenant, Message.of("paid", "before"), BOTH);
      proxy.executeButDropReply(command -> command.contains("EVALSHA"));

      assertThatThrownBy(() -> publisher.publish(tenant, Message.of("paid", "lost"), BOTH))
          .isInstanceOf(OutcomeUnknownException.class);

      assertThat(publisher.stats().published()).isEqualTo(1);
      await().atMost(Duration.ofSeconds(60)).until(() -> publisher.stats().outcomeUnknown() == 1);
    }
    assertThat(sides.stream("payments")).hasSize(2);
    assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
  }

  @Test
  void theScriptIsLoadedAgainAfterAFlush() {
    hybrid.publish(tenant, Message.of("paid", "one"), BOTH);
    server.execute("SCRIPT", "FLUSH");
    hybrid.publish(tenant, Message.of("paid", "two"), BOTH);

    assertThat(sides.buffer("board")).hasSize(2);
  }

  @Test
  void hashTagsPutBothSidesIntoOneSlot() {
    try (RedisConnection tagged = RedisConnection.builder().url(server.url()).hashTags().build();
        HybridPublisher publisher = HybridPublisher.builder(tagged).build()) {
      HybridReceipt receipt = publisher.publish(tenant, Message.of("paid", "one"), BOTH);

      BothSides there = new BothSides(server, "tenant:{" + tenant + "}");
      assertThat(there.stream("payments")).containsOnlyKeys(receipt.id().value());
      assertThat(there.buffer("board")).containsValue(receipt.id().value());
    }
  }

  @Test
  void refusesWaitsOfNoSense() {
    for (Duration wait : List.of(Duration.ofNanos(-1), Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatThrownBy(() -> hybrid.flush(wait)).isInstanceOf(InvalidValueException.class);
      assertThatThrownBy(() -> hybrid.close(wait)).isInstanceOf(InvalidValueException.class);
    }
    hybrid.publish(tenant, Message.of("paid", "one"), BOTH);
    assertThat(hybrid.flush(HybridPublisher.LONGEST_WAIT)).isTrue();
  }

  @Test
  void eachHalfHasItsPayloadLimit() {
    Route<String> small =
        Route.toStream(PAYMENTS).andChannel(Channel.of("board", Serde.string()).payloadLimit(8));

    assertThatThrownBy(() -> hybrid.publishAsync(tenant, Message.of("paid", "123456789"), small))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("channel board was 9: must be at most 8");
    assertThat(sides.stream("payments")).isEmpty();
  }

  @Test
  void aClosedPublisherRefuses() {
    hybrid.close();

    assertThatThrownBy(() -> hybrid.publish(tenant, Message.of("paid", "one"), BOTH))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void closingSendsWhatWaits() {
    List<CompletableFuture<HybridReceipt>> results = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      results.add(hybrid.publishAsync(tenant, Message.of("paid", "p" + i), BOTH));
    }
    assertThat(hybrid.close(Duration.ofSeconds(60))).isTrue();

    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThat(sides.stream("payments")).hasSize(500);
  }

  private static List<String> some(List<String> ids, boolean everyThird) {
    return IntStream.range(0, ids.size())
        .filter(i -> (i % 3 == 0) == everyThird)
        .mapToObj(ids::get)
        .toList();
  }

  private static Position position(HybridReceipt receipt) {
    return Objects.requireNonNull(receipt.position());
  }

  private static String positions(String channel, HybridReceipt receipt) {
    Position at = Objects.requireNonNull(receipt.position(channel));
    return channel + ':' + at.epoch() + ':' + at.version() + ':' + at.nonce();
  }

  private static List<Long> longs(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
