package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sent again, and published once. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class HybridIdempotentIT {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  private static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 100_000);
  private static final FixedRoute<String> BOTH =
      Route.toStream(ORDERS).andChannel(BOARD).andChannel(BOARD.named("audit"));
  private static final RetryPolicy LONG =
      RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(200)).maxDeliveries(200);

  private final RedisServer server;
  private final Tenant tenant;
  private final BothSides sides;

  HybridIdempotentIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
  }

  @Test
  void whateverRepliesAreLostEachMessageIsThereOnceAndInOrder(FaultProxy proxy) {
    long seed = new Random().nextLong();
    System.out.println("HybridIdempotentIT seed " + seed);
    Random random = new Random(seed);
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis).idempotent().publishRetry(LONG).build()) {
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      for (int i = 0; i < 6_000; i++) {
        if (random.nextInt(150) == 0) {
          proxy.executeButDropReply(command -> command.contains("EVAL"));
        }
        if (random.nextInt(500) == 0) {
          proxy.reset();
        }
        if (random.nextInt(200) == 0) {
          assertThat(hybrid.flush(Duration.ofSeconds(60))).isTrue();
        }
        receipts.add(hybrid.publishAsync(tenant, Message.of("t", "m" + i), BOTH));
      }
      List<String> ids = receipts.stream().map(receipt -> receipt.join().id().value()).toList();

      assertThat(sides.stream("orders").keySet())
          .as("seed %s", seed)
          .containsExactlyElementsOf(ids);
      assertThat(sides.payloads("orders")).as("seed %s", seed).isEqualTo(payloads(6_000));
      assertThat(sides.buffer("board").values()).as("seed %s", seed).containsExactlyElementsOf(ids);
      assertThat(sides.buffer("audit").values()).as("seed %s", seed).containsExactlyElementsOf(ids);
      assertThat(hybrid.stats().published()).isEqualTo(6_000);
      assertThat(hybrid.stats().resent()).isPositive();
      assertThat(proxy.droppedReplies()).isPositive();
      sides
          .positionsInStream("orders")
          .forEach(
              (id, positions) ->
                  assertThat(Objects.requireNonNull(positions.of("board")).version())
                      .isEqualTo(ids.indexOf(id) + 1L));
    }
  }

  @Test
  void aServerKilledWhilePublishingHasEachMessageOnce() {
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid =
            HybridPublisher.builder(redis)
                .outage(OutagePolicy.block(Duration.ofSeconds(60)))
                .build()) {
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      for (int kill = 0; kill < 3; kill++) {
        for (int i = 0; i < 2_000; i++) {
          receipts.add(hybrid.publishAsync(tenant, Message.of("t", "m" + receipts.size()), BOTH));
        }
        int some = receipts.size() - 1_500;
        await().atMost(Duration.ofSeconds(60)).until(() -> receipts.get(some).isDone());
        server.kill();
        server.restart();
      }
      List<String> ids = receipts.stream().map(receipt -> receipt.join().id().value()).toList();

      assertThat(sides.stream("orders").keySet()).containsExactlyElementsOf(ids);
      assertThat(sides.payloads("orders")).isEqualTo(payloads(6_000));
      assertThat(sides.buffer("board").values()).containsExactlyElementsOf(ids);
    }
  }

  @Test
  void whatIsRememberedIsBoundedAndExpires() {
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid = HybridPublisher.builder(redis).idempotent().build()) {
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        receipts.add(hybrid.publishAsync(tenant, Message.of("t", "m" + i), BOTH));
      }
      receipts.forEach(CompletableFuture::join);

      List<?> keys =
          (List<?>)
              Objects.requireNonNull(
                  server.execute("KEYS", "tenant:" + tenant.name() + ":publisher:*"));
      assertThat(keys).hasSize(1);
      String key = (String) keys.get(0);
      String remembered = String.valueOf(server.execute("GET", key));
      assertThat(remembered.chars().filter(c -> c == ';').count()).isBetween(1L, 16L);
      assertThat((Long) server.execute("PTTL", key))
          .isBetween(1L, HybridPublisherBuilder.REMEMBERED_FOR.toMillis());
    }
  }

  @Test
  void aMemoryThatWasEvictedIsNoticed(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis).idempotent().publishRetry(LONG).build()) {
      hybrid.publish(tenant, Message.of("t", "before"), BOTH);
      proxy.halfOpen();
      CompletableFuture<HybridReceipt> lost =
          hybrid.publishAsync(tenant, Message.of("t", "lost"), BOTH);
      await().atMost(Duration.ofSeconds(60)).until(() -> sides.stream("orders").size() == 2);
      for (Object key :
          (List<?>)
              Objects.requireNonNull(
                  server.execute("KEYS", "tenant:" + tenant.name() + ":publisher:*"))) {
        server.execute("DEL", (String) key);
      }
      proxy.heal();

      assertThatThrownBy(lost::join).hasCauseInstanceOf(OutcomeUnknownException.class);
      assertThat(sides.stream("orders")).hasSize(2);
      hybrid.publish(tenant, Message.of("t", "after"), BOTH);
      assertThat(sides.stream("orders")).hasSize(3);
    }
  }

  @Test
  void whatWasLostWithItsMemoryIsPublishedAgain(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis).idempotent().publishRetry(LONG).build()) {
      hybrid.publish(tenant, Message.of("t", "before"), BOTH);
      proxy.halfOpen();
      CompletableFuture<HybridReceipt> lost =
          hybrid.publishAsync(tenant, Message.of("t", "lost"), BOTH);
      await().atMost(Duration.ofSeconds(60)).until(() -> sides.stream("orders").size() == 2);
      server.execute("FLUSHALL");
      proxy.heal();

      assertThat(sides.buffer("board")).isEmpty();
      assertThat(lost.join().id()).isNotNull();
      assertThat(sides.payloads("orders")).containsExactly("lost");
    }
  }

  @Test
  void failFastFailsAtOnceWhileTheBreakerIsOpen(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).circuitBreaker(2, Duration.ofMinutes(1)).build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).idempotent().build()) {
      proxy.refuse();
      assertThatThrownBy(() -> hybrid.publish(tenant, Message.of("t", "one"), BOTH))
          .isInstanceOf(MessagingException.class);
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> hybrid.publish(tenant, Message.of("t", "one"), BOTH))
                      .isInstanceOf(CircuitOpenException.class));
      assertThat(hybrid.health().status()).isEqualTo(Health.Status.DOWN);
      proxy.heal();
    }
    assertThat(sides.stream("orders")).isEmpty();
  }

  @Test
  void blockingWaitsForTheServerAndThenGivesUp(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher patient =
            HybridPublisher.builder(redis)
                .outage(OutagePolicy.block(Duration.ofSeconds(60)))
                .build();
        HybridPublisher hasty =
            HybridPublisher.builder(redis)
                .outage(OutagePolicy.block(Duration.ofMillis(300)))
                .build()) {
      proxy.refuse();
      List<CompletableFuture<HybridReceipt>> waiting =
          IntStream.range(0, 500)
              .mapToObj(i -> patient.publishAsync(tenant, Message.of("t", "m" + i), BOTH))
              .toList();
      assertThatThrownBy(() -> hasty.publish(tenant, Message.of("t", "hasty"), BOTH))
          .isInstanceOf(MessagingException.class);
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
      proxy.heal();
      waiting.forEach(CompletableFuture::join);
    }
    assertThat(sides.payloads("orders")).isEqualTo(payloads(500));
  }

  private static RedisConnectionBuilder through(FaultProxy proxy) {
    return RedisConnection.builder()
        .url(proxy.url())
        .connectTimeout(Duration.ofMillis(500))
        .replyTimeout(Duration.ofMillis(500))
        .retry(2, Duration.ofMillis(10))
        .circuitBreaker(1_000, Duration.ofMillis(100));
  }

  private static List<String> payloads(int count) {
    return IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
  }
}
