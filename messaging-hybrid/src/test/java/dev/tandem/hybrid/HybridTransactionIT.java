package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.BOTH;
import static dev.tandem.hybrid.TransactionStage.GROUP;
import static dev.tandem.hybrid.TransactionStage.RECEIPTS;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static dev.tandem.hybrid.TransactionStage.STATE;
import static dev.tandem.hybrid.TransactionStage.TICKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.hybrid.internal.wire.PositionsField;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.TenantAcl;
import dev.tandem.tenant.TenantLogin;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a handler publishes is seen with everything else that it does, once, or not at all. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class HybridTransactionIT {
  private final RedisServer server;
  private final TransactionStage stage;

  HybridTransactionIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.stage = new TransactionStage(server, tenant);
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private LiveBus bus() {
    return LiveBus.builder(stage.redis).tailCheckInterval(Duration.ofMillis(200)).build();
  }

  /** Does one of each. */
  private static void doAll(Message<String> message, HybridTransaction<String> transaction) {
    String payload = message.payload();
    transaction.state(STATE).increment("handled", 1);
    transaction.publish(BOARD, Message.of("seen", payload + " seen"));
    transaction.send(RECEIPTS, Message.of("plain", payload + " plain"));
    transaction.publish(Message.of("paid", payload + " paid").key("k"), BOTH.andChannel(TICKER));
    transaction.publish(TICKER, Message.of("tick", payload + " tick"));
  }

  private void awaitDone(StreamWorker worker, int count) {
    stage.awaitAcknowledged(worker, count);
    assertThat(stage.pending()).isZero();
    assertThat(stage.total("handled")).isEqualTo(count);
    assertThat(stage.sides.stream("receipts")).hasSize(2 * count);
    assertThat(stage.sides.buffer("board")).hasSize(2 * count);
  }

  @Test
  void outputsLiveMessagesStateAndAcknowledgementCommitTogether() throws Exception {
    try (LiveBus bus = bus()) {
      Recorder board = new Recorder();
      Recorder ticker = new Recorder();
      bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), board).active().join();
      bus.subscribe(stage.tenant, TICKER, SubscribeOptions.fromNow(), ticker).active().join();
      StreamWorker worker = stage.start(HybridTransactionIT::doAll);
      String source = stage.send("m").value();
      awaitDone(worker, 1);

      await().atMost(SOON).until(() -> board.payloads.size() == 2 && ticker.payloads.size() == 2);
      List<String> outputs = List.copyOf(stage.sides.stream("receipts").keySet());
      assertThat(board.payloads).containsExactly("m seen", "m paid");
      assertThat(board.ids).containsExactly(MessageId.of(source), MessageId.of(outputs.get(1)));
      assertThat(ticker.payloads).containsExactly("m paid", "m tick");
      assertThat(ticker.ids).containsExactly(MessageId.of(outputs.get(1)), MessageId.of(source));
      assertThat(board.gaps).isEmpty();
      assertThat(stage.sides.buffer("board")).isEqualTo(Map.of(1L, source, 2L, outputs.get(1)));
      assertThat(stage.sides.frames("board")).hasSize(1);
      Map<String, Map<String, String>> entries = stage.sides.stream("receipts");
      assertThat(entries.get(outputs.get(0))).doesNotContainKey("positions");
      assertThat(entries.get(outputs.get(1)))
          .containsEntry("data", "m paid")
          .containsEntry("key", "k");
      String positions = Objects.requireNonNull(entries.get(outputs.get(1))).get("positions");
      assertThat(PositionsField.parse(Objects.requireNonNull(positions)).byChannel())
          .isEqualTo(Map.of("board", stage.sides.frames("board").get(0).positionOf(1)));
    }
  }

  @Test
  void versionsStayContiguousBesideAnotherPublisher() throws Exception {
    try (LiveBus bus = bus();
        HybridPublisher publisher = HybridPublisher.builder(stage.redis).build()) {
      Viewer viewer = new Viewer();
      bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), viewer).active().join();
      StreamWorker worker = stage.start(HybridTransactionIT::doAll);
      for (int i = 0; i < 50; i++) {
        stage.send("m" + i);
        publisher.publish(stage.tenant, Message.of("paid", "p" + i), Route.toChannel(BOARD));
      }
      stage.awaitAcknowledged(worker, 50);
      await().atMost(SOON).until(() -> viewer.count() == 150);
      assertThat(viewer.gaps()).isEmpty();
      assertThat(viewer.payloads()).doesNotHaveDuplicates();
      assertThat(viewer.ids()).isEqualTo(List.copyOf(stage.sides.buffer("board").values()));
      assertThat(stage.sides.buffer("board").keySet())
          .containsExactlyElementsOf(LongStream.rangeClosed(1, 150).boxed().toList());
    }
  }

  @Test
  void aHybridSubscriptionIsServedFromTheOutputs() throws Exception {
    StreamWorker worker =
        stage.start(
            (message, transaction) ->
                transaction.publish(Message.of("paid", message.payload()), BOTH));
    for (int i = 0; i < 5; i++) {
      stage.send("m" + i);
    }
    stage.awaitAcknowledged(worker, 5);
    server.execute("DEL", stage.prefix + ":channel:board:buffer"); // as if it was trimmed
    try (LiveBus bus = bus();
        HybridSubscriber subscriber = HybridSubscriber.builder(stage.redis, bus).build()) {
      Viewer viewer = new Viewer();
      subscriber.subscribe(
          stage.tenant, RECEIPTS, BOARD, HybridSubscribeOptions.fromBeginning(), viewer);
      await().atMost(SOON).until(() -> viewer.count() == 5);
      stage.send("m5");
      await().atMost(SOON).until(() -> viewer.count() == 6);
      assertThat(viewer.payloads()).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4", "m5");
      assertThat(viewer.gaps()).isEmpty();
      assertThat(viewer.ids()).isEqualTo(List.copyOf(stage.sides.stream("receipts").keySet()));
    }
  }

  @Test
  void throwingPublishesNothing() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              doAll(message, transaction);
              if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
              }
            });
    stage.send("m");
    awaitDone(worker, 1);
    assertThat(runs).hasValue(3);
  }

  @Test
  void aConflictPublishesNothing() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              transaction.state(STATE).get("other");
              if (runs.incrementAndGet() < 3) {
                server.execute("HSET", stage.prefix + ":state:" + STATE, "other", "" + runs.get());
              }
              doAll(message, transaction);
            });
    stage.send("m");
    awaitDone(worker, 1);
    assertThat(runs).hasValue(3);
  }

  @Test
  void aZombiePublishesNothing() throws Exception {
    try (LiveBus bus = bus()) {
      Recorder board = new Recorder();
      Recorder ticker = new Recorder();
      bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), board).active().join();
      bus.subscribe(stage.tenant, TICKER, SubscribeOptions.fromNow(), ticker).active().join();
      StreamWorker worker =
          stage.start(
              (message, transaction) -> {
                doAll(message, transaction);
                if (message.payload().equals("taken")) {
                  String id = transaction.delivery().id().value();
                  server.execute("XCLAIM", stage.prefix + ":stream:orders", GROUP, "heir", "0", id);
                }
              });
      stage.send("taken");
      await().atMost(SOON).until(() -> worker.stats().leasesLost() == 1);
      assertThat(stage.sides.stream("receipts")).isEmpty();
      assertThat(stage.sides.buffer("board")).isEmpty();
      assertThat(stage.total("handled")).isZero();
      stage.send("mine");
      await().atMost(SOON).until(() -> board.payloads.size() == 2 && ticker.payloads.size() == 2);
      assertThat(board.payloads).containsExactly("mine seen", "mine paid");
      assertThat(ticker.payloads).containsExactly("mine paid", "mine tick");
      assertThat(stage.pending()).isEqualTo(1);
    }
  }

  @Test
  void aCommitWhoseReplyIsLostIsNotDoneTwice(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        stage.start(
            stage.worker(stage.connection(proxy.url())),
            (message, transaction) -> {
              doAll(message, transaction);
              if (message.payload().startsWith("lost")) {
                proxy.executeButDropReply(line -> line.contains("publish"));
              }
            });
    stage.send("the server knows the script from here on");
    stage.awaitAcknowledged(worker, 1);
    for (int i = 2; i <= 6; i++) {
      stage.send("lost" + i);
      stage.awaitAcknowledged(worker, i);
    }
    assertThat(proxy.droppedReplies()).isEqualTo(5);
    awaitDone(worker, 6);
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void aServerThatForgetsItsScriptsCommitsOnce() throws Exception {
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              doAll(message, transaction);
              server.execute("SCRIPT", "FLUSH");
            });
    for (int i = 0; i < 5; i++) {
      stage.send("m" + i);
    }
    awaitDone(worker, 5);
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void afterALossOfAllDataSubscribersAreToldAndWorkGoesOn() throws Exception {
    try (LiveBus bus = bus()) {
      Viewer viewer = new Viewer();
      bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), viewer).active().join();
      StreamWorker worker =
          stage.start(
              (message, transaction) ->
                  transaction.publish(BOARD, Message.of("seen", message.payload())));
      stage.send("before");
      await().atMost(SOON).until(() -> viewer.count() == 1);
      server.execute("FLUSHALL");
      stage.send("after");
      await().atMost(SOON).until(() -> viewer.events().contains("after"));
      assertThat(viewer.events())
          .containsExactly("before", GapReason.EPOCH_CHANGED.name(), "after");
      assertThat(worker.stats().deadLettered()).isZero();
    }
  }

  @Test
  void aServerKilledAgainAndAgainDoesEachMessageOnce() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        stage.start(
            stage.worker(stage.redis).lease(Duration.ofSeconds(2)).concurrency(4),
            (message, transaction) -> {
              runs.incrementAndGet();
              doAll(message, transaction);
            });
    for (int i = 0; i < 300; i++) {
      stage.send("m" + i);
      if (i % 100 == 50) {
        server.kill();
        server.restart();
      }
    }
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> stage.total("handled") == 300 && stage.pending() == 0);
    assertThat(stage.sides.stream("receipts")).hasSize(600);
    assertThat(stage.live("board")).hasSize(600).doesNotHaveDuplicates();
    assertThat(stage.sides.buffer("board")).hasSize(600);
    assertThat(worker.stats().deadLettered()).isZero();
  }

  @Test
  void theUserOfATenantCanDoIt() throws Exception {
    TenantAcl acl = TenantAcl.of(stage.redis);
    TenantLogin login = acl.create(stage.tenant);
    try (RedisConnection own =
        RedisConnection.builder()
            .url(server.url())
            .credentials(login.user(), login.secret())
            .build()) {
      StreamWorker worker = stage.start(stage.worker(own), HybridTransactionIT::doAll);
      stage.send("m");
      awaitDone(worker, 1);
      worker.close();
    }
  }

  @Test
  void routesGoByTheType() throws Exception {
    Route<String> byType =
        Route.<String>byType()
            .on("paid", BOTH)
            .on("seen", Route.toChannel(BOARD))
            .otherwiseRefuse();
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              transaction.publish(Message.of("seen", "s"), byType);
              transaction.publish(Message.of("paid", "p"), byType);
              assertThatThrownBy(() -> transaction.publish(Message.of("else", "e"), byType))
                  .isInstanceOf(InvalidValueException.class)
                  .hasMessageContaining("[paid, seen]");
            });
    stage.send("m");
    stage.awaitAcknowledged(worker, 1);
    assertThat(stage.live("board")).containsExactly("s", "p");
    assertThat(stage.sides.payloads("receipts")).containsExactly("p");
  }

  @SuppressWarnings("NullAway") // null is among what is refused
  @Test
  void refusesBadValuesEachWithOneClearExceptionAndKeepsWhatWasGood() throws Exception {
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              List<Runnable> calls =
                  List.of(
                      () -> transaction.publish((Channel<String>) null, null),
                      () -> transaction.publish(BOARD, null),
                      () -> transaction.publish(Message.of("t", "x"), null),
                      () -> transaction.publish(BOARD.payloadLimit(1), Message.of("t", "xx")),
                      () -> keepOtherwise(transaction),
                      () -> publishWidely(transaction),
                      () -> publishMuch(transaction),
                      () -> publishMany(transaction));
              for (Runnable call : calls) {
                try {
                  call.run();
                  thrown.add(new AssertionError("not refused"));
                } catch (InvalidValueException e) {
                  thrown.add(e);
                }
              }
            });
    stage.send("m");
    stage.awaitAcknowledged(worker, 1);
    assertThat(thrown)
        .hasSize(8)
        .allSatisfy(e -> assertThat(e).isInstanceOf(InvalidValueException.class));
    assertThat(stage.live("board")).contains("first").doesNotContain("refused");
  }

  private static void keepOtherwise(HybridTransaction<String> transaction) {
    transaction.publish(BOARD, Message.of("t", "first"));
    transaction.publish(BOARD.fleeting(), Message.of("t", "refused"));
  }

  private static void publishMany(HybridTransaction<String> transaction) {
    for (int i = 0; i <= HybridTransaction.MOST_LIVE; i++) {
      transaction.publish(BOARD, Message.of("t", "x"));
    }
  }

  private static void publishWidely(HybridTransaction<String> transaction) {
    for (int i = 0; i < HybridTransaction.MOST_CHANNELS; i++) {
      transaction.publish(TICKER.named("t" + i), Message.of("t", "x"));
    }
  }

  private static void publishMuch(HybridTransaction<String> transaction) {
    String large = "x".repeat(1 << 20);
    for (int i = 0; i < 5; i++) {
      transaction.publish(BOARD, Message.of("t", large));
    }
  }

  @Test
  void aTransactionIsOverWhenItsHandlerHasReturned() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    AtomicReference<HybridTransaction<String>> kept = new AtomicReference<>();
    StreamWorker worker =
        stage.start(
            (message, transaction) -> {
              kept.set(transaction);
              done.countDown();
            });
    stage.send("m");
    done.await();
    stage.awaitAcknowledged(worker, 1);
    assertThatThrownBy(
            () -> Objects.requireNonNull(kept.get()).publish(BOARD, Message.of("t", "x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is over");
  }
}
