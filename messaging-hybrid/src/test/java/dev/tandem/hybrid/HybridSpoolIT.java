package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Gauge;
import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.StorageException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages go to files while Redis is away, and from there to Redis: once, and in order. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class HybridSpoolIT {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  private static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 100_000);
  private static final FixedRoute<String> BOTH = Route.toStream(ORDERS).andChannel(BOARD);

  private final RedisServer server;
  private final Tenant tenant;
  private final BothSides sides;
  @TempDir private Path directory;

  HybridSpoolIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
  }

  @Test
  void whileRedisIsAwayMessagesAreOnTheDiskAndThenInRedis(FaultProxy proxy) {
    Replayed replayed = new Replayed();
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory).listener(replayed))) {
      HybridReceipt before = hybrid.publish(tenant, Message.of("t", "m0"), BOTH);
      assertThat(before.isSpooled()).isFalse();

      proxy.refuse();
      HybridReceipt spooled = hybrid.publish(tenant, Message.of("t", "m1"), BOTH);
      assertThat(spooled.isSpooled()).isTrue();
      assertThat(spooled.spoolRecord()).isPositive();
      assertThatThrownBy(spooled::id).isInstanceOf(IllegalStateException.class);
      assertThat(spooled.position()).isNull();
      for (int i = 2; i < 500; i++) {
        publish(hybrid, "m" + i);
      }
      assertThat(hybrid.flush(Duration.ofSeconds(60))).isTrue();
      assertThat(hybrid.stats().spooled()).isEqualTo(499);
      assertThat(hybrid.stats().spool().messages()).isEqualTo(499);
      assertThat(hybrid.stats().spool().bytes()).isPositive();
      await().until(() -> hybrid.stats().spool().oldestAge().toMillis() > 0);
      assertThat(hybrid.health().status()).isEqualTo(Health.Status.DEGRADED);
      assertThat(hybrid.health().detail()).contains("499");
      assertThat(sides.payloads("orders")).hasSize(1);

      proxy.heal();
      awaitEmpty(hybrid);
      assertThat(hybrid.health().isUp()).isTrue();
      awaitClosedBreaker(redis);
      HybridReceipt after = hybrid.publish(tenant, Message.of("t", "m500"), BOTH);
      assertThat(after.isSpooled()).isFalse();
      assertThat(hybrid.stats().published()).isEqualTo(501);
      assertThat(hybrid.stats().spool().replayed()).isEqualTo(499);
      assertThat(replayed.firstIds)
          .containsEntry(spooled.spoolRecord(), sides.buffer("board").get(2L));
    }
    assertOnceAndInOrder(501);
  }

  @Test
  void aTenantsMessagesStayInOrderWhenAnothersAreSpooledFirst(FaultProxy proxy) {
    Tenant first = Tenant.of(tenant.name() + "-2");
    proxy.refuse();
    try (RedisConnection redis =
            through(proxy).lazy().circuitBreaker(1_000, Duration.ofSeconds(1)).build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis)
                .publishRetry(RetryPolicy.fixed(Duration.ofMillis(600)).maxDeliveries(100))
                .outage(OutagePolicy.spool(Spool.at(directory)))
                .build()) {
      // Is given up while the next one waits to be tried again; the last one comes then.
      CompletableFuture<HybridReceipt> others =
          hybrid.publishAsync(first, Message.of("t", "m0"), BOTH);
      await().until(() -> hybrid.stats().resent() == 1);
      CompletableFuture<HybridReceipt> waiting =
          hybrid.publishAsync(tenant, Message.of("t", "m0"), BOTH);
      assertThat(others.join().isSpooled()).isTrue();
      CompletableFuture<HybridReceipt> last =
          hybrid.publishAsync(tenant, Message.of("t", "m1"), BOTH);
      assertThat(waiting.join().isSpooled()).isTrue();
      assertThat(last.join().isSpooled()).isTrue();
      proxy.heal();
      awaitEmpty(hybrid);
    }
    assertOnceAndInOrder(2);
  }

  @Test
  void whatIsSpooledOutlivesThePublisher(FaultProxy proxy) {
    proxy.refuse();
    int count = 0;
    for (int run = 0; run < 3; run++) {
      try (RedisConnection redis = through(proxy).lazy().build();
          HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
        assertThat(hybrid.stats().spool().messages()).isEqualTo(count);
        for (int i = 0; i < 100; i++) {
          publish(hybrid, "m" + count++);
        }
      }
    }
    proxy.heal();
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      hybrid.publish(tenant, Message.of("t", "m" + count++), BOTH);
      awaitEmpty(hybrid);
    }
    assertOnceAndInOrder(301);
    assertNoRecordsAreLeft();
  }

  @Test
  void whateverRepliesAreLostWhileReplayingEachMessageIsThereOnce(FaultProxy proxy) {
    proxy.refuse();
    try (RedisConnection redis = through(proxy).lazy().build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      for (int i = 0; i < 3_000; i++) {
        publish(hybrid, "m" + i);
      }
      assertThat(hybrid.flush(Duration.ofSeconds(60))).isTrue();
      for (int i = 0; i < 10; i++) {
        proxy.executeButDropReply(command -> command.contains("EVAL"));
      }
      proxy.heal();
      for (int i = 0; i < 10; i++) {
        proxy.executeButDropReply(command -> command.contains("EVAL"));
      }
      awaitEmpty(hybrid);
    }
    assertThat(proxy.droppedReplies()).isPositive();
    assertOnceAndInOrder(3_000);
  }

  @Test
  void aServerKilledAgainAndAgainLosesAndDoublesNothing() {
    try (RedisConnection redis = quick(RedisConnection.builder().url(server.url())).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      for (int kill = 0; kill < 3; kill++) {
        publish(hybrid, receipts, 1_500);
        int some = receipts.size() - 1_000;
        await().atMost(Duration.ofSeconds(60)).until(() -> receipts.get(some).isDone());
        server.kill();
        publish(hybrid, receipts, 1_500);
        int last = receipts.size() - 1;
        await().atMost(Duration.ofSeconds(60)).until(() -> receipts.get(last).isDone());
        server.restart();
      }
      publish(hybrid, receipts, 1_000);
      receipts.forEach(CompletableFuture::join);
      awaitEmpty(hybrid);
      assertThat(hybrid.stats().spooled()).isPositive();
      assertThat(hybrid.stats().published()).isEqualTo(10_000);
    }
    assertOnceAndInOrder(10_000);
  }

  @Test
  void aServerThatHangsIsAwayToo() {
    try (RedisConnection redis = quick(RedisConnection.builder().url(server.url())).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
      publish(hybrid, receipts, 500);
      receipts.forEach(CompletableFuture::join);
      server.pause();
      try {
        publish(hybrid, receipts, 500);
        assertThat(receipts.get(999).join().isSpooled()).isTrue();
      } finally {
        server.resume();
      }
      awaitEmpty(hybrid);
    }
    assertOnceAndInOrder(1_000);
  }

  @Test
  void aFullSpoolRefusesAndWhatItTookIsPublished(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory).maxMessages(100))) {
      hybrid.publish(tenant, Message.of("t", "m0"), BOTH);
      proxy.refuse();
      List<String> taken = new ArrayList<>(List.of("m0"));
      int refused = 0;
      for (int i = 1; i < 150; i++) {
        try {
          hybrid.publish(tenant, Message.of("t", "m" + i), BOTH);
          taken.add("m" + i);
        } catch (BufferFullException e) {
          assertThat(e).hasMessageContaining("spool").hasMessageContaining("100");
          refused++;
        }
      }
      assertThat(refused).isEqualTo(49);
      proxy.heal();
      awaitEmpty(hybrid);
      assertThat(sides.payloads("orders")).isEqualTo(taken);
      hybrid.publish(tenant, Message.of("t", "more"), BOTH);
    }
  }

  @Test
  void theFilesTakeNoMoreOfTheDiskThanTheyMay(FaultProxy proxy) throws IOException {
    long most = 1 << 20;
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory).maxBytes(most))) {
      proxy.refuse();
      List<String> taken = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        List<CompletableFuture<HybridReceipt>> receipts = new ArrayList<>();
        int from = round * 1_000;
        for (int i = 0; i < 1_000; i++) {
          String payload = (from + i) + "x".repeat(2_000);
          receipts.add(hybrid.publishAsync(tenant, Message.of("t", payload), BOTH));
        }
        for (int i = 0; i < 1_000; i++) {
          try {
            receipts.get(i).join();
            taken.add((from + i) + "x".repeat(2_000));
          } catch (CompletionException e) {
            assertThat(e).hasCauseInstanceOf(BufferFullException.class);
          }
        }
        assertThat(recordBytes()).isLessThanOrEqualTo(most);
        assertThat(hybrid.stats().spool().bytes()).isLessThanOrEqualTo(most);
        assertThat(taken).hasSizeGreaterThan(100 * (round + 1)).hasSizeLessThan(from + 1_000);
        proxy.heal();
        awaitEmpty(hybrid);
        proxy.refuse();
      }
      assertThat(sides.payloads("orders")).isEqualTo(taken);
    }
  }

  @Test
  void whatRedisRefusesForGoodIsKeptAsideAndHoldsUpNothing(FaultProxy proxy) {
    Replayed replayed = new Replayed();
    FixedRoute<String> wrong = Route.toStream(StreamTopic.of("wrong", Serde.string()));
    server.execute("SET", "tenant:" + tenant.name() + ":stream:wrong", "something else");
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory).listener(replayed))) {
      proxy.refuse();
      hybrid.publish(tenant, Message.of("t", "m0"), BOTH);
      long record = hybrid.publish(tenant, Message.of("t", "refused"), wrong).spoolRecord();
      hybrid.publish(tenant, Message.of("t", "m1"), BOTH);
      proxy.heal();
      awaitEmpty(hybrid);

      assertThat(replayed.refused).containsExactly(Map.entry(record, ErrorCode.WRONG_TYPE));
      assertThat(hybrid.stats().spool().refused()).isEqualTo(1);
      assertThat(replayed.files.get(record)).exists();
    }
    assertOnceAndInOrder(2);
  }

  @Test
  void oneDirectoryServesOnePublisher(FaultProxy proxy) {
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher first = spooling(redis, Spool.at(directory))) {
      assertThatThrownBy(() -> spooling(redis, Spool.at(directory)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
      first.publish(tenant, Message.of("t", "m0"), BOTH);
    }
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher next = spooling(redis, Spool.at(directory))) {
      next.publish(tenant, Message.of("t", "m1"), BOTH);
    }
    assertOnceAndInOrder(2);
  }

  @Test
  void aStreamAtItsBoundKeepsItsTenantWaitingAndNoOther(FaultProxy proxy) {
    Tenant other = Tenant.of(tenant.name() + "-other");
    FixedRoute<String> bounded = Route.toStream(ORDERS.boundedTo(10)).andChannel(BOARD);
    try (RedisConnection redis = through(proxy).build();
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      proxy.refuse();
      for (int i = 0; i < 20; i++) {
        hybrid.publish(tenant, Message.of("t", "m" + i), bounded);
        hybrid.publish(other, Message.of("t", "m" + i), BOTH);
      }
      proxy.heal();
      await().atMost(Duration.ofSeconds(60)).until(() -> hybrid.stats().spool().messages() == 10);
      assertThat(new BothSides(server, "tenant:" + other.name()).payloads("orders")).hasSize(20);
      assertThat(hybrid.publish(other, Message.of("t", "m20"), BOTH).isSpooled()).isFalse();
      assertThat(hybrid.publish(tenant, Message.of("t", "m20"), bounded).isSpooled()).isTrue();
      server.execute("XTRIM", "tenant:" + tenant.name() + ":stream:orders", "MAXLEN", "0");
      await().atMost(Duration.ofSeconds(60)).until(() -> hybrid.stats().spool().messages() == 1);
      server.execute("XTRIM", "tenant:" + tenant.name() + ":stream:orders", "MAXLEN", "0");
      awaitEmpty(hybrid);
      assertThat(sides.buffer("board")).hasSize(21);
    }
  }

  private void publish(HybridPublisher hybrid, String payload) {
    assertThat(hybrid.publishAsync(tenant, Message.of("t", payload), BOTH)).isNotNull();
  }

  private void publish(
      HybridPublisher hybrid, List<CompletableFuture<HybridReceipt>> receipts, int count) {
    for (int i = 0; i < count; i++) {
      receipts.add(hybrid.publishAsync(tenant, Message.of("t", "m" + receipts.size()), BOTH));
    }
  }

  private void assertOnceAndInOrder(int count) {
    assertThat(sides.payloads("orders"))
        .isEqualTo(IntStream.range(0, count).mapToObj(i -> "m" + i).toList());
    assertThat(sides.versionsInStream("orders")).isEqualTo(sides.buffer("board"));
  }

  private static void awaitEmpty(HybridPublisher hybrid) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(hybrid.stats().spool().messages()).isZero());
  }

  private void assertNoRecordsAreLeft() {
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid = spooling(redis, Spool.at(directory))) {
      assertThat(hybrid.stats().spool()).isEqualTo(SpoolStats.NONE);
    }
  }

  private long recordBytes() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".records")).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private static HybridPublisher spooling(RedisConnection redis, Spool spool) {
    return HybridPublisher.builder(redis).outage(OutagePolicy.spool(spool)).build();
  }

  /** Of the calls that try the server out, one may have failed before it was back. */
  private static void awaitClosedBreaker(RedisConnection redis) {
    Gauge<?> breaker = redis.metrics().getGauges().get(redis.metricsPrefix() + ".circuit-breaker");
    await()
        .ignoreExceptionsInstanceOf(CircuitOpenException.class)
        .until(
            () -> {
              redis.commands().execute(Command.of("PING").repeatable());
              return String.valueOf(Objects.requireNonNull(breaker).getValue()).equals("CLOSED");
            });
  }

  private static RedisConnectionBuilder through(FaultProxy proxy) {
    return quick(RedisConnection.builder().url(proxy.url()));
  }

  private static RedisConnectionBuilder quick(RedisConnectionBuilder builder) {
    return builder
        .connectTimeout(Duration.ofSeconds(2))
        .replyTimeout(Duration.ofSeconds(2))
        .retry(2, Duration.ofMillis(10))
        .circuitBreaker(10, Duration.ofMillis(100));
  }

  /** Notes what becomes of records. */
  private static final class Replayed implements SpoolListener {
    final Map<Long, String> firstIds = new ConcurrentSkipListMap<>();
    final Map<Long, ErrorCode> refused = new ConcurrentSkipListMap<>();
    final Map<Long, Path> files = new ConcurrentSkipListMap<>();

    @Override
    public void onReplayed(long record, List<HybridReceipt> all) {
      firstIds.put(record, all.get(0).id().value());
    }

    @Override
    public void onRefused(long record, Path file, MessagingException why) {
      refused.put(record, why.code());
      files.put(record, file);
    }
  }
}
