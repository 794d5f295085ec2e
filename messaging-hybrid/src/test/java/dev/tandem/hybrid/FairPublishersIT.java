package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers that two tenants share, of which one has much to publish. */
@RedisTest(dedicated = true)
@Timeout(60)
class FairPublishersIT {
  private static final int MUCH = 20_000;
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final Route<String> BOTH = Route.toStream(PAYMENTS).andChannel(BOARD);

  private final Tenant loud;
  private final Tenant quiet;
  private final RedisServer server;
  private final RedisConnection redis;

  /** How a message is published; what it gives completes on the sending thread. */
  private interface Publishing {
    CompletableFuture<?> publish(Tenant tenant, Message<String> message);
  }

  FairPublishersIT(RedisServer server, @UniqueTenant String loud, @UniqueTenant String quiet) {
    this.loud = Tenant.of(loud);
    this.quiet = Tenant.of(quiet);
    this.server = server;
    this.redis = RedisConnection.connect(server.url());
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void aHybridMessageOfAQuietTenantIsNotHeldUpByManyOfAnother() throws Exception {
    try (HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      isNotHeldUp((tenant, message) -> hybrid.publishAsync(tenant, message, BOTH));
    }
  }

  @Test
  void aLiveMessageOfAQuietTenantIsNotHeldUpByManyOfAnother() throws Exception {
    try (LiveBus bus = LiveBus.builder(redis).build()) {
      isNotHeldUp((tenant, message) -> bus.publishAsync(tenant, BOARD, message));
    }
  }

  private void isNotHeldUp(Publishing publisher) throws Exception {
    AtomicInteger ofLoud = new AtomicInteger();
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    List<CompletableFuture<?>> all = new ArrayList<>();
    server.pause(); // or the first may be done before anybody waits for it
    all.add(
        publisher
            .publish(loud, Message.of("t", "first"))
            .thenRun(
                () -> { // on the sending thread, so that all others wait
                  busy.countDown();
                  HybridStage.hold(release);
                }));
    server.resume();
    busy.await();
    for (int i = 0; i < MUCH; i++) {
      all.add(publisher.publish(loud, Message.of("t", "m" + i)).thenRun(ofLoud::incrementAndGet));
    }
    CompletableFuture<Integer> before =
        publisher.publish(quiet, Message.of("t", "alone")).thenApply(receipt -> ofLoud.get());
    release.countDown();

    assertThat(before.get()).isLessThan(2 * BatchSettings.DEFAULT.maxEntries());
    all.forEach(CompletableFuture::join);
    assertThat(ofLoud).hasValue(MUCH);
  }
}
