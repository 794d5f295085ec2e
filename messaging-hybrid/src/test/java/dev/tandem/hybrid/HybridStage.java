package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** A tenant with a stream, a channel that keeps little, one who publishes and those who watch. */
final class HybridStage implements AutoCloseable {
  static final StreamTopic<String> TOPIC = StreamTopic.of("payments", Serde.string());
  static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 10);
  static final Route<String> BOTH = Route.toStream(TOPIC).andChannel(BOARD);
  static final Route<String> STREAM = Route.toStream(TOPIC);
  static final Route<String> CHANNEL = Route.toChannel(BOARD);

  final RedisServer server;
  final Tenant tenant;
  final String stream;
  final String channel;
  final RedisConnection redis;
  final RedisConnection watching;
  final LiveBus bus;
  HybridPublisher publisher;
  final HybridSubscriber subscriber;
  private int published;

  HybridStage(RedisServer server, String name) {
    this(server, name, server.url());
  }

  HybridStage(RedisServer server, String name, String watchingUrl) {
    this.server = server;
    tenant = Tenant.of(name);
    stream = "tenant:" + name + ":stream:payments";
    channel = "tenant:" + name + ":channel:board";
    redis = RedisConnection.connect(server.url());
    watching = RedisConnection.connect(watchingUrl);
    bus = LiveBus.builder(watching).tailCheckInterval(Duration.ofMillis(200)).build();
    publisher = HybridPublisher.builder(redis).idempotent().build();
    subscriber = HybridSubscriber.builder(watching, bus).build();
  }

  HybridSubscription watch(HybridSubscribeOptions options, Viewer viewer) {
    return subscriber.subscribe(tenant, TOPIC, BOARD, options, viewer);
  }

  /** Publishes the next numbers, each in a frame of its own: only so the buffer stays small. */
  List<HybridReceipt> publish(int count, Route<String> route) {
    List<HybridReceipt> receipts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      receipts.add(publisher.publish(tenant, next(), route));
    }
    return receipts;
  }

  /** Publishes the next numbers, in frames of many. */
  List<HybridReceipt> publishTogether(int count, Route<String> route) {
    List<CompletableFuture<HybridReceipt>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      futures.add(publisher.publishAsync(tenant, next(), route));
    }
    return futures.stream().map(CompletableFuture::join).toList();
  }

  /** How many numbers were published so far. */
  int published() {
    return published;
  }

  private Message<String> next() {
    return Message.of("paid", Integer.toString(published++));
  }

  List<HybridReceipt> publish(int count) {
    return publish(count, BOTH);
  }

  /** Another one, which a server that lost its data need not know. */
  void renewPublisher() {
    publisher.close();
    publisher = HybridPublisher.builder(redis).idempotent().build();
  }

  /** The channel's log is lost, the stream is not. */
  void loseLog() {
    server.execute("DEL", channel + ":meta", channel + ":buffer");
  }

  static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  /** For listeners: blocks without the pauses of polling. */
  static void hold(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void awaitEvents(Viewer viewer, List<String> wanted) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(viewer.events()).hasSizeGreaterThanOrEqualTo(wanted.size()));
    assertThat(viewer.events()).isEqualTo(wanted);
    assertThat(viewer.overlapped()).isFalse();
  }

  @Override
  public void close() {
    subscriber.close();
    bus.close();
    publisher.close();
    watching.close();
    redis.close();
  }
}
