package dev.tandem.docs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.serde.Serde;
import dev.tandem.docs.LiveExamples.Order;
import dev.tandem.docs.LiveExamples.Socket;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.MultiSubscription;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.cache.CacheInvalidation;
import dev.tandem.pubsub.events.EventBus;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of the chapter on live channels do what it says. */
@RedisTest
class LiveIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Order ORDER = new Order("o-1", "c-1", 995);
  private static final Path CHAPTER = Path.of("../docs/live.md");

  private final RedisServer server;
  private final RedisConnection redis;
  private final Tenant acme;
  private final LiveBus bus;
  private final Channel<Order> board = Channel.of("board", Serde.json(Order.class));

  LiveIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.redis = RedisConnection.connect(server.url());
    this.acme = Tenant.of(tenant);
    this.bus = LiveBus.builder(redis).build();
  }

  @AfterEach
  void close() throws Exception {
    Closing.now();
    bus.close();
    redis.close();
  }

  @Test
  void whatIsPublishedIsPulled() {
    PublishReceipt receipt = LiveExamples.publish(redis, acme, ORDER).join();
    assertThat(receipt.position()).isNotNull();
    AtomicBoolean gap = new AtomicBoolean();
    assertThat(LiveExamples.pull(bus, acme, board, () -> gap.set(true))).contains(ORDER);
    assertThat(gap).isFalse();
  }

  @Test
  void aBatchGoesToAllItsChannels() {
    Channel<String> ticker = Channel.of("ticker", Serde.string()).fleeting();
    List<PublishReceipt> receipts = LiveExamples.batch(bus, acme, board, ticker, ORDER);
    assertThat(receipts.get(0).position()).isNotNull();
    assertThat(receipts.get(1).position()).isNull();
  }

  @Test
  void aSubscriptionWithChoicesGetsWhatItWants() {
    String token = bus.currentPosition(acme, board).toString();
    Recorder recorder = new Recorder();
    try (LiveBus other = LiveBus.builder(redis).build();
        Subscription subscription = LiveExamples.subscribe(bus, acme, board, token, recorder)) {
      bus.publish(acme, board, Message.of("order.placed", ORDER).header("trace", "1"));
      other.publish(acme, board, Message.of("order.placed", ORDER));
      other.publish(acme, board, Message.of("order.shipped", ORDER).header("trace", "2"));
      Position last =
          other
              .publish(acme, board, Message.of("order.paid", ORDER).header("trace", "3"))
              .position();
      await().atMost(PATIENCE).until(() -> last != null && last.equals(subscription.position()));
      assertThat(recorder.types).containsExactly("order.paid");
      assertThat(LiveExamples.watched(bus)).isEmpty();
    }
  }

  @Test
  void aChannelForEachType() {
    Recorder recorder = new Recorder();
    String token = Positions.none().toString();
    try (MultiSubscription subscription = LiveExamples.perType(bus, acme, ORDER, token, recorder)) {
      subscription.active().orTimeout(60, TimeUnit.SECONDS).join();
      bus.publish(acme, board.named("board.placed"), Message.of("placed", ORDER));
      await().atMost(PATIENCE).until(() -> recorder.types.contains("placed"));
      assertThat(Positions.parse(subscription.positions().toString()).byChannel())
          .containsOnlyKeys("board.placed", "board.paid");
    }
  }

  @Test
  void aFlowBeginsWithTheLatest() {
    bus.publish(acme, board, Message.of("order.placed", new Order("o-0", "c-1", 1)));
    bus.publish(acme, board, Message.of("order.placed", ORDER));
    List<LiveEvent<Order>> events = new CopyOnWriteArrayList<>();
    LiveExamples.flow(bus, acme, board, new Collector(events));
    await().atMost(PATIENCE).until(() -> !events.isEmpty());
    assertThat(events.get(0))
        .isInstanceOfSatisfying(
            LiveEvent.OfMessage.class,
            event -> assertThat(event.message().payload()).isEqualTo(ORDER));
  }

  @Test
  void nothingFallsBetweenSnapshotAndSubscription() {
    Recorder recorder = new Recorder();
    Runnable load = () -> bus.publish(acme, board, Message.of("order.placed", ORDER));
    try (Subscription live = LiveExamples.snapshot(bus, acme, board, load, recorder)) {
      live.active().orTimeout(60, TimeUnit.SECONDS).join();
      await().atMost(PATIENCE).until(() -> recorder.types.contains("order.placed"));
    }
  }

  @Test
  void aGatewayServesNewReturningAndLostBrowsers() {
    RecordingSocket fresh = new RecordingSocket();
    try (Subscription subscription = opened(null, fresh)) {
      assertThat(fresh.snapshots).containsExactly("all");
      bus.publish(acme, board, Message.of("order.placed", ORDER));
      await().atMost(PATIENCE).until(() -> !fresh.messages.isEmpty());
      assertThat(subscription.stats().gaps()).isZero();
    }
    bus.publish(acme, board, Message.of("order.paid", ORDER));
    RecordingSocket returning = new RecordingSocket();
    try (Subscription subscription = opened(fresh.tokens.get(1), returning)) {
      await().atMost(PATIENCE).until(() -> returning.messages.size() == 1);
      assertThat(returning.snapshots).isEmpty();
      await().atMost(PATIENCE).until(() -> subscription.stats().recovered() == 1);
    }
    server.execute("DEL", key("board:meta"), key("board:buffer"));
    RecordingSocket lost = new RecordingSocket();
    try (Subscription subscription = opened(returning.tokens.get(0), lost)) {
      await().atMost(PATIENCE).until(() -> lost.reloads.contains("EPOCH_CHANGED"));
      assertThat(subscription.stats().delivered()).isZero();
    }
  }

  private Subscription opened(@Nullable String token, Socket socket) {
    return LiveExamples.opened(bus, acme, board, token, () -> "all", socket);
  }

  @Test
  void helpers() {
    List<Order> placed = new CopyOnWriteArrayList<>();
    try (EventBus events = LiveExamples.events(bus, acme, ORDER, placed::add)) {
      await().atMost(PATIENCE).until(() -> placed.equals(List.of(ORDER)));
      assertThat(events.stats().failures()).isZero();
    }
    Map<String, Order> truth = new ConcurrentHashMap<>(Map.of("o-1", ORDER));
    try (CacheInvalidation<Order> cache =
        LiveExamples.cache(bus, acme, id -> truth.getOrDefault(id, ORDER), truth::put)) {
      assertThat(cache.get("o-1", id -> truth.getOrDefault(id, ORDER)))
          .isEqualTo(new Order("o-1", "c-1", 1_000));
    }
    assertThat(LiveExamples.ask(bus, acme, Map.of("ann", 2)).join().answers())
        .containsExactly(Map.entry(bus.instanceId(), 2));
  }

  @Test
  void theFramesInTheChapterAreWhatTravels() throws IOException {
    String token = LiveExamples.publish(redis, acme, ORDER).join().position() + "";
    List<?> second =
        (List<?>) requireNonNull(server.execute("XRANGE", key("board:buffer"), "2", "2"));
    List<?> fields = (List<?>) ((List<?>) second.get(0)).get(1);
    assertThat(fields.get(0)).isEqualTo("frame");
    assertThat(examples("json")).contains(shape(String.valueOf(fields.get(1))));
    assertThat(Position.parse(token).toString()).isEqualTo(token);
  }

  @Test
  void theUserInTheChapterMayDoAllThatABusDoes() throws IOException {
    String command =
        examples("text").stream().filter(text -> text.startsWith("ACL SETUSER")).findFirst().get();
    String own = command.replace(" live ", " live-" + acme.name() + " ").replaceAll("\\s+", " ");
    server.execute(own.replace("acme", acme.name()).split(" "));
    try (RedisConnection restricted =
            RedisConnection.builder()
                .url(server.url())
                .credentials("live-" + acme.name(), "secret")
                .build();
        LiveBus narrow =
            LiveBus.builder(restricted)
                .probeAfter(Duration.ofSeconds(1))
                .tailCheckInterval(Duration.ofMillis(50))
                .build()) {
      Recorder recorder = new Recorder();
      narrow
          .subscribe(acme, board, SubscribeOptions.fromBeginning(), recorder)
          .active()
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
      narrow.publish(acme, board, Message.of("order.placed", ORDER));
      Channel<Order> fleeting = board.named("typing").fleeting();
      narrow
          .subscribe(acme, fleeting, SubscribeOptions.fromNow(), recorder)
          .active()
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
      narrow.publish(acme, fleeting, Message.of("typing", ORDER));
      LiveExamples.batch(narrow, acme, board, Channel.of("ticker", Serde.string()), ORDER);
      await().atMost(PATIENCE).until(() -> recorder.types.size() == 3);
      await().atMost(PATIENCE).until(() -> narrow.health().isUp());
      assertThat(narrow.stats().reconnects()).isZero();
    } finally {
      server.execute("ACL", "DELUSER", "live-" + acme.name());
    }
  }

  private String key(String name) {
    return "tenant:" + acme.name() + ":channel:" + name;
  }

  /** The blocks of the chapter in this language; of JSON what does not change from run to run. */
  private static List<String> examples(String language) throws IOException {
    Matcher block =
        Pattern.compile("(?s)```" + language + "\\n(.*?)\\n```").matcher(Files.readString(CHAPTER));
    Stream<String> found = block.results().map(result -> result.group(1));
    return (language.equals("json") ? found.map(LiveIT::shape) : found).toList();
  }

  private static String shape(String frame) {
    return frame
        .replaceAll("\\n *", "")
        .replaceAll("\"(epoch|previous|nonce|tenant|instanceId|id)\":\"[^\"]+\"", "\"$1\":\"…\"")
        .replaceAll("\"timestamp\":\\d+", "\"timestamp\":0");
  }

  private static final class Recorder implements LiveListener<Order> {
    final List<String> types = new CopyOnWriteArrayList<>();

    @Override
    public void onMessage(LiveMessage<Order> message) {
      types.add(message.type());
    }

    @Override
    public void onGap(Gap gap) {
      types.add(gap.reason().name());
    }
  }

  private static final class RecordingSocket implements Socket {
    final List<String> tokens = new CopyOnWriteArrayList<>();
    final List<String> snapshots = new CopyOnWriteArrayList<>();
    final List<String> messages = new CopyOnWriteArrayList<>();
    final List<String> reloads = new CopyOnWriteArrayList<>();

    @Override
    public void snapshot(String token, String state) {
      tokens.add(token);
      snapshots.add(state);
    }

    @Override
    public void message(String token, byte[] json) {
      tokens.add(token);
      messages.add(new String(json, StandardCharsets.UTF_8));
    }

    @Override
    public void reload(String reason, String token) {
      tokens.add(token);
      reloads.add(reason);
    }

    @Override
    public void close() {}
  }

  private record Collector(List<LiveEvent<Order>> events)
      implements Flow.Subscriber<LiveEvent<Order>> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(LiveEvent<Order> event) {
      events.add(event);
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
  }
}
