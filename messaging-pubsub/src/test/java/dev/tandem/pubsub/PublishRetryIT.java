package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is published again is there once, in its place, with the receipt of the first time. */
@RedisTest(dedicated = true)
class PublishRetryIT {
  private static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(200)).maxDeliveries(100);

  private final Buses buses = new Buses();
  private final RedisServer server;
  private final FaultProxy proxy;
  private final Tenant tenant;
  private final LiveBus subscriber;
  private final Recorder recorder = new Recorder();

  PublishRetryIT(RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    this.server = server;
    this.proxy = proxy;
    this.tenant = Tenant.of(name);
    this.subscriber = buses.bus(server.url());
    active(subscriber.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private LiveBus publisher() {
    return buses.bus(proxy.url(), builder -> builder.publishRetry(QUICK));
  }

  private PublishReceipt publish(LiveBus bus, String payload) {
    return bus.publish(tenant, channel("board"), message(payload));
  }

  private void loseNextReply() {
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
  }

  private static List<PublishReceipt> all(List<CompletableFuture<PublishReceipt>> sent)
      throws Exception {
    List<PublishReceipt> receipts = new ArrayList<>();
    for (CompletableFuture<PublishReceipt> one : sent) {
      receipts.add(one.get(30, TimeUnit.SECONDS));
    }
    return receipts;
  }

  @Test
  void aLostReplyIsAskedForAgain() {
    LiveBus publisher = publisher();
    PublishReceipt first = publish(publisher, "m1");
    loseNextReply();
    PublishReceipt second = publish(publisher, "m2");
    PublishReceipt third = publish(publisher, "m3");

    recorder.assertExactly(numbers("m", 1, 3));
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(at(second).version()).isEqualTo(at(first).version() + 1);
    assertThat(at(third).version()).isEqualTo(at(first).version() + 2);
    assertThat(List.of(first.receivers(), second.receivers())).containsExactly(1L, 1L);
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(publisher.stats().publishFailures()).isZero();
    assertThat(publisher.stats().published()).isEqualTo(3);
  }

  @Test
  void theReceiptIsThatOfTheFirstTimeAlsoBehindOthersMessages() {
    LiveBus publisher = publisher();
    LiveBus other = buses.bus(server.url());
    publish(publisher, "m1");
    for (int i = 2; i <= 20; i += 2) {
      loseNextReply();
      PublishReceipt mine = publish(publisher, "m" + i);
      PublishReceipt others = publish(other, "m" + (i + 1));
      assertThat(at(mine).version()).isEqualTo(i);
      assertThat(at(others).version()).isEqualTo(i + 1);
    }
    recorder.assertExactly(numbers("m", 1, 21));
  }

  @Test
  void messagesBehindALostOneWaitForIt() throws Exception {
    LiveBus publisher = publisher();
    publish(publisher, "m0");
    for (int i = 0; i < 4; i++) {
      loseNextReply();
    }
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (int i = 1; i <= 3_000; i++) {
      sent.add(publisher.publishAsync(tenant, channel("board"), message("m" + i)));
    }
    List<PublishReceipt> receipts = all(sent);

    recorder.assertExactly(numbers("m", 0, 3_000));
    for (int i = 0; i < receipts.size(); i++) {
      assertThat(at(receipts.get(i)).version()).isEqualTo(i + 2);
    }
    assertThat(proxy.droppedReplies()).isEqualTo(4);
  }

  @Test
  void aConnectionThatIsCutAgainAndAgainCostsNothingButTime() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    LiveBus publisher = publisher();
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (int i = 1; i <= 2_000; i++) {
      sent.add(publisher.publishAsync(tenant, channel("board"), message("m" + i)));
      int dice = random.nextInt(100);
      if (dice == 0) {
        proxy.reset();
      } else if (dice == 1) {
        loseNextReply();
      } else if (dice < 10) {
        sent.get(random.nextInt(sent.size())).get(30, TimeUnit.SECONDS);
      }
    }
    List<PublishReceipt> receipts = all(sent);
    recorder.awaitCount(2_000);
    assertThat(recorder.payloads()).as("seed %d", seed).isEqualTo(numbers("m", 1, 2_000));
    recorder.assertUnbroken();
    for (int i = 0; i < receipts.size(); i++) {
      assertThat(at(receipts.get(i)).version()).as("seed %d", seed).isEqualTo(i + 1);
    }
  }

  @Test
  void aFirstTryThatWasDelayedDoesNothingAfterItsRetry() throws Exception {
    LiveBus publisher = publisher();
    publish(publisher, "m1");
    server.pause();
    CompletableFuture<PublishReceipt> second =
        publisher.publishAsync(tenant, channel("board"), message("m2"));
    assertThatThrownBy(() -> second.get(2_500, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    server.resume();
    assertThat(at(second.get(30, TimeUnit.SECONDS)).version()).isEqualTo(2);
    publish(publisher, "m3");
    recorder.assertExactly(numbers("m", 1, 3));
  }

  @Test
  void whatAFlushTookAwayIsPublishedAgain() throws Exception {
    RetryPolicy slow = RetryPolicy.fixed(Duration.ofSeconds(2)).jitter(0);
    LiveBus publisher = buses.bus(proxy.url(), builder -> builder.publishRetry(slow));
    publish(publisher, "m1");
    recorder.awaitLast("m1");
    loseNextReply();
    CompletableFuture<PublishReceipt> second =
        publisher.publishAsync(tenant, channel("board"), message("m2"));
    recorder.awaitLast("m2");
    server.execute("FLUSHALL");
    PublishReceipt receipt = second.get(30, TimeUnit.SECONDS);
    recorder.awaitGap();
    recorder.assertUnbroken();
    List<String> stored =
        StoredFrames.of(server, "tenant:" + tenant.name() + ":channel:board:buffer");
    assertThat(stored).hasSize(1);
    assertThat(stored.get(0)).contains(receipt.id().value(), at(receipt).nonce());
  }

  @Test
  void aChannelThatIsRefusedHoldsUpNoOther() throws Exception {
    String wrong = "tenant:" + tenant.name() + ":channel:wrong:meta";
    server.execute("SET", wrong, "mine");
    LiveBus publisher = publisher();
    List<CompletableFuture<PublishReceipt>> refused = new ArrayList<>();
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      refused.add(publisher.publishAsync(tenant, channel("wrong"), message("w" + i)));
      sent.add(publisher.publishAsync(tenant, channel("board"), message("m" + i)));
    }
    all(sent);
    for (CompletableFuture<PublishReceipt> one : refused) {
      assertThatThrownBy(() -> one.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    }
    recorder.assertExactly(numbers("m", 1, 200));
    server.execute("DEL", wrong);
    publisher.publish(tenant, channel("wrong"), message("right"));
  }

  @Test
  void aFleetingMessageWhoseReplyIsLostIsNotSentAgain() {
    LiveBus publisher = publisher();
    Channel<String> fleeting = channel("fleeting").fleeting();
    publisher.publish(tenant, fleeting, message("m1"));
    proxy.executeButDropReply(line -> line.startsWith("PUBLISH"));
    assertThatThrownBy(() -> publisher.publish(tenant, fleeting, message("m2")))
        .isInstanceOf(OutcomeUnknownException.class);
    assertThat(publisher.publish(tenant, fleeting, message("m3")).receivers()).isZero();
  }

  @Test
  void withoutRetriesALostReplyIsUnknown() {
    LiveBus publisher = buses.bus(proxy.url(), builder -> builder.publishRetry(RetryPolicy.none()));
    publish(publisher, "m1");
    loseNextReply();
    assertThatThrownBy(() -> publish(publisher, "m2")).isInstanceOf(OutcomeUnknownException.class);
    publish(publisher, "m3");
    recorder.assertExactly(numbers("m", 1, 3));
    assertThat(publisher.stats().publishFailures()).isEqualTo(1);
  }

  @Test
  void whatNeverGetsThroughFailsAfterTheLastTry() throws Exception {
    LiveBus publisher =
        buses.bus(
            proxy.url(),
            builder ->
                builder.publishRetry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3)));
    publish(publisher, "m1");
    proxy.refuse();
    List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      sent.add(publisher.publishAsync(tenant, channel("board"), message("lost" + i)));
    }
    for (CompletableFuture<PublishReceipt> one : sent) {
      assertThatThrownBy(() -> one.get(30, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              MessagingException.class,
              e ->
                  assertThat(e.code())
                      .isIn(
                          ErrorCode.UNAVAILABLE,
                          ErrorCode.CIRCUIT_OPEN,
                          ErrorCode.OUTCOME_UNKNOWN));
    }
    proxy.heal();
    PublishReceipt after = publishedOnceClosed(publisher, "m2");
    assertThat(at(after).version()).isEqualTo(2);
    recorder.assertExactly(numbers("m", 1, 2));
  }

  /** Publishes as soon as the circuit breaker lets it through; what it refused was not sent. */
  private PublishReceipt publishedOnceClosed(LiveBus publisher, String payload) {
    return await()
        .atMost(Recorder.PATIENCE)
        .ignoreExceptionsInstanceOf(CircuitOpenException.class)
        .until(() -> publish(publisher, payload), receipt -> true);
  }
}
