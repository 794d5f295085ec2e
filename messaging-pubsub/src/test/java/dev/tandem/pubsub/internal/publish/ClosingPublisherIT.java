package dev.tandem.pubsub.internal.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBusBuilder;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody waits for ever for what a publisher that is closed has not settled. */
@RedisTest
class ClosingPublisherIT {
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());

  private final FaultProxy proxy;
  private final Tenant tenant;
  private final RedisConnection redis;
  private final BusThreads threads;
  private final Publisher publisher;
  private final CountDownLatch released = new CountDownLatch(1);

  ClosingPublisherIT(FaultProxy proxy, @UniqueTenant String name) {
    this.proxy = proxy;
    this.tenant = Tenant.of(name);
    this.redis = RedisConnection.connect(proxy.url());
    BusMetrics metrics = new BusMetrics(redis.metrics());
    this.threads = new BusThreads("i", null, metrics);
    Random random = new Random();
    this.publisher =
        new Publisher(
            redis,
            KeyLayout.of(redis),
            new Nonces(random),
            "i",
            "i",
            LiveBusBuilder.DEFAULT_BATCHING,
            new Resending(RetryPolicy.fixed(Duration.ofMinutes(1)), random),
            metrics,
            threads,
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    released.countDown();
    publisher.close(Duration.ZERO);
    threads.close();
    redis.close();
  }

  private CompletableFuture<PublishReceipt> published(String payload) {
    return publisher.publish(tenant, BOARD, Message.of("test", payload));
  }

  /** Has the sending thread wait. */
  private void holdTheSender() {
    Thread caller = Thread.currentThread();
    CompletableFuture<Boolean> held;
    do {
      CompletableFuture<Boolean> isHeld = new CompletableFuture<>();
      held = isHeld;
      var unused =
          published("first")
              .thenRun(
                  () -> {
                    boolean isSender = Thread.currentThread() != caller; // not if it was quick
                    isHeld.complete(isSender);
                    if (isSender) {
                      awaitRelease();
                    }
                  });
    } while (!held.join());
  }

  private void awaitRelease() {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatWasNotSentYetIsNotSentAnyMore() {
    holdTheSender();
    CompletableFuture<PublishReceipt> left = published("left");
    publisher.close(Duration.ZERO);

    assertThat(left).isCompletedExceptionally();
    assertThatThrownBy(left::join).hasCauseInstanceOf(ClosedException.class);
  }

  @Test
  void whatWaitsForItsNextTryIsUnknown() {
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    CompletableFuture<PublishReceipt> lost = published("lost");
    await().atMost(Duration.ofSeconds(60)).until(() -> proxy.droppedReplies() == 1);
    publisher.close(Duration.ZERO);

    assertThatThrownBy(() -> lost.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(OutcomeUnknownException.class);
  }
}
