package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** A worker and a subscriber get the same messages, under the same ids, though the link breaks. */
@RedisTest
class InTandemIT {
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());
  private static final Route<String> BOTH = Route.toStream(PAYMENTS).andChannel(BOARD);
  private static final int MESSAGES = 900;

  @Test
  void workerAndSubscriberGetTheSameIds(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    Set<MessageId> handled = ConcurrentHashMap.newKeySet();
    Recorder live = new Recorder();
    try (RedisConnection redis = RedisConnection.connect(server.url());
        RedisConnection cutOff = RedisConnection.connect(proxy.url());
        LiveBus bus = LiveBus.builder(cutOff).build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).build();
        StreamWorker worker =
            StreamWorker.builder(redis, PAYMENTS)
                .tenant(tenant)
                .group("billing")
                .handler((message, delivery) -> handled.add(delivery.id()))
                .build()) {
      worker.start();
      Subscription subscription = bus.subscribe(tenant, BOARD, SubscribeOptions.fromNow(), live);
      subscription.active().join();

      List<MessageId> published = publish(hybrid, tenant, MESSAGES / 3);
      await().atMost(Duration.ofSeconds(60)).until(() -> !live.ids.isEmpty());
      proxy.refuse();
      published.addAll(publish(hybrid, tenant, MESSAGES / 3));
      proxy.heal();
      published.addAll(publish(hybrid, tenant, MESSAGES / 3));

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(live.ids).hasSize(MESSAGES));
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(handled).hasSize(MESSAGES));
      assertThat(live.ids).containsExactlyElementsOf(published);
      assertThat(handled).containsExactlyInAnyOrderElementsOf(published);
      assertThat(live.gaps).isEmpty();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> subscription.stats().recovered() + subscription.stats().repaired() > 0);
    }
  }

  @Test
  void excludeOwnSkipsWhatThePublisherOfTheSameInstanceSent(
      RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    Recorder live = new Recorder();
    try (RedisConnection redis = RedisConnection.connect(server.url());
        LiveBus bus = LiveBus.builder(redis).build();
        HybridPublisher own = HybridPublisher.builder(redis).instanceId(bus.instanceId()).build();
        HybridPublisher other = HybridPublisher.builder(redis).build()) {
      Subscription subscription =
          bus.subscribe(tenant, BOARD, SubscribeOptions.fromNow().excludeOwn(), live);
      subscription.active().join();

      own.publish(tenant, Message.of("paid", "own"), BOTH);
      HybridReceipt receipt = other.publish(tenant, Message.of("paid", "other"), BOTH);

      await().atMost(Duration.ofSeconds(60)).until(() -> !live.ids.isEmpty());
      assertThat(live.ids).containsExactly(receipt.id());
      Position seen = receipt.position();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> String.valueOf(seen).equals(String.valueOf(subscription.position())));
    }
  }

  private static List<MessageId> publish(HybridPublisher hybrid, Tenant tenant, int count) {
    List<CompletableFuture<HybridReceipt>> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(hybrid.publishAsync(tenant, Message.of("paid", "p" + i), BOTH));
    }
    List<MessageId> ids = new ArrayList<>();
    results.forEach(result -> ids.add(result.join().id()));
    return ids;
  }
}
