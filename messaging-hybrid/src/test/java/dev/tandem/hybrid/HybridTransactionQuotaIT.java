package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.GROUP;
import static dev.tandem.hybrid.TransactionStage.ORDERS;
import static dev.tandem.hybrid.TransactionStage.RECEIPTS;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static dev.tandem.hybrid.TransactionStage.STATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a quota or a bound refuses of a hybrid transaction leaves nothing of it, and loses nothing.
 */
@RedisTest
@Timeout(90)
class HybridTransactionQuotaIT {
  private static final Channel<String> FEED =
      Channel.of("feed", Serde.string()).recoverable(Duration.ofHours(1), 1_000);
  private static final RetryPolicy PATIENT =
      RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(100_000);

  private final RedisServer server;
  private final TransactionStage stage;
  private final Tenant neighbour;
  private final BothSides other;
  private final RedisConnection redis;

  HybridTransactionQuotaIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.stage = new TransactionStage(server, name);
    this.neighbour = Tenant.of(name + "2");
    this.other = new BothSides(server, "tenant:" + name + "2");
    this.redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
  }

  @AfterEach
  void close() {
    stage.close();
    redis.close();
  }

  private void quota(TenantQuota.Builder quota) {
    TenantQuotas.of(redis).set(stage.tenant, quota.build());
  }

  private StreamWorker start(RetryPolicy retry, HybridTransactionalHandler<String> handler)
      throws InterruptedException {
    return stage.start(
        stage.worker(redis).tenant(neighbour).retry(retry),
        (message, tx) -> {
          tx.state(STATE).increment("handled", 1);
          handler.handle(message, tx);
        });
  }

  private void sendToNeighbour(String payload) {
    try (StreamProducer producer = StreamProducer.builder(stage.redis).build()) {
      producer.sendAndWait(neighbour, ORDERS, Message.of("placed", payload));
    }
  }

  private String handledByNeighbour() {
    return StateStore.of(redis).get(neighbour, STATE, "handled").orElse("0");
  }

  private List<DeadLetter> dead() {
    return DeadLetters.of(redis).list(stage.tenant, ORDERS.name(), GROUP, 100);
  }

  private long refused(String quota) {
    return redis.metrics().counter("tandem.quota.refused." + quota).getCount();
  }

  private boolean exists(String key) {
    return Long.valueOf(1).equals(server.execute("EXISTS", stage.prefix + key));
  }

  @Test
  void aLiveMessageThatIsTooLargeTakesItsOutputAlong() throws Exception {
    quota(TenantQuota.builder().payloadSize(5));
    StreamWorker worker =
        start(
            RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3),
            (message, tx) -> {
              tx.send(RECEIPTS, Message.of("receipt", "small"));
              tx.publish(BOARD, Message.of("seen", message.payload()));
            });
    stage.send("too large");
    sendToNeighbour("too large");
    await().atMost(SOON).until(() -> dead().size() == 1);
    await().atMost(SOON).until(() -> handledByNeighbour().equals("1"));
    assertThat(dead().get(0).error()).contains("quota payload-size of 5").contains("board");
    assertThat(dead().get(0).deliveries()).isEqualTo(3);
    assertThat(stage.total("handled")).isZero();
    assertThat(exists(":stream:receipts")).isFalse();
    assertThat(stage.live("board")).isEmpty();
    assertThat(other.buffer("board")).hasSize(1);
    stage.send("small");
    stage.awaitAcknowledged(worker, 2);
    assertThat(stage.live("board")).containsExactly("small");
  }

  @Test
  void aChannelThatMayNotBeginHoldsItsMessageUntilItMay() throws Exception {
    quota(TenantQuota.builder().liveChannels(1));
    StreamWorker worker =
        start(
            PATIENT,
            (message, tx) -> {
              tx.publish(
                  Message.of("seen", message.payload()), Route.toStream(RECEIPTS).andChannel(FEED));
            });
    try (HybridPublisher first = HybridPublisher.builder(stage.redis).build()) {
      first.publish(stage.tenant, Message.of("seen", "x"), Route.toChannel(BOARD));
    }
    stage.send("m");
    sendToNeighbour("m");
    await().atMost(SOON).until(() -> refused("live-channels") >= 3);
    await().atMost(SOON).until(() -> other.buffer("feed").size() == 1);
    assertThat(stage.total("handled")).isZero();
    assertThat(exists(":stream:receipts")).isFalse();
    assertThat(stage.pending()).isEqualTo(1);

    quota(TenantQuota.builder().liveChannels(2));
    stage.awaitAcknowledged(worker, 2);
    assertThat(stage.live("feed")).containsExactly("m");
    assertThat(stage.sides.stream("receipts")).hasSize(1);
    assertThat(stage.total("handled")).isEqualTo(1);
    assertThat(stage.pending()).isZero();
    assertThat(dead()).isEmpty();
  }

  @Test
  void liveMessagesBeyondTheRateComeLaterAndOnce() throws Exception {
    quota(TenantQuota.builder().publishRate(2));
    for (int i = 0; i < 5; i++) {
      stage.send("m" + i);
      sendToNeighbour("m" + i);
    }
    StreamWorker worker =
        start(PATIENT, (message, tx) -> tx.publish(BOARD, Message.of("seen", message.payload())));
    stage.awaitAcknowledged(worker, 10);
    assertThat(refused("publish-rate")).isPositive();
    assertThat(stage.live("board")).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4");
    assertThat(other.buffer("board")).hasSize(5);
    assertThat(stage.pending()).isZero();
    assertThat(dead()).isEmpty();
  }

  @Test
  void aBoundedStreamThatIsFullHoldsTheLiveMessageBackToo() throws Exception {
    Route<String> bounded = Route.toStream(RECEIPTS.boundedTo(3)).andChannel(BOARD);
    StreamWorker worker =
        start(
            PATIENT,
            (message, tx) -> {
              tx.publish(Message.of("seen", message.payload()), bounded);
              tx.publish(Message.of("seen", message.payload()), bounded);
            });
    stage.send("a");
    stage.awaitAcknowledged(worker, 1);
    stage.send("b");
    await().atMost(SOON).until(() -> worker.stats().failed() >= 3);
    assertThat(stage.sides.stream("receipts")).hasSize(2);
    assertThat(stage.live("board")).containsExactly("a", "a");
    assertThat(stage.pending()).isEqualTo(1);
    server.execute("XTRIM", stage.prefix + ":stream:receipts", "MAXLEN", "1");
    stage.awaitAcknowledged(worker, 2);
    assertThat(stage.sides.stream("receipts")).hasSize(3);
    assertThat(stage.live("board")).containsExactly("a", "a", "b", "b");
  }
}
