package dev.tandem.pubsub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One publisher and one subscription while another server takes over. In the end all that was
 * acknowledged and all that the subscription was given is held against what the new server has: the
 * subscription was given all of that in order and once, but for what is in a gap, and was told of a
 * gap if, and only if, it had been given what the new server lacks. What was acknowledged, got lost
 * and was given to nobody, nobody can be told of.
 */
final class FailoverStory implements AutoCloseable {
  private static final int ALL = 100_000;
  private static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofMinutes(30), ALL);
  private static final SubscribeOptions NOW = SubscribeOptions.fromNow().maxReplay(ALL);
  private static final Duration PACE = Duration.ofMillis(5);
  private static final int SOME = 50;
  private static final JsonMapper JSON = new JsonMapper();

  /** With this, a publisher makes a frame for the place where it believes the log to stand. */
  private static final String LARGE = " " + "x".repeat(5_000);

  private final Tenant tenant;
  private final String key;
  private final LiveBus publisher;
  private final LiveModel model = new LiveModel(ALL);
  private final Ear ear = new Ear();
  private final Subscription subscription;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Queue<CompletableFuture<?>> sent = new ConcurrentLinkedQueue<>();
  private final AtomicInteger number = new AtomicInteger();

  /**
   * Subscribes from now on, and publishes nothing yet.
   *
   * @param publisher its messages must get through in the end
   * @param keyTenant the tenant as it stands in keys
   */
  FailoverStory(LiveBus publisher, LiveBus subscriber, Tenant tenant, String keyTenant)
      throws Exception {
    this.publisher = publisher;
    this.tenant = tenant;
    this.key = "tenant:" + keyTenant + ":channel:" + BOARD.name();
    this.subscription = subscriber.subscribe(tenant, BOARD, NOW, ear);
    Buses.active(subscription);
    ear.witness.active();
  }

  private final class Ear implements LiveListener<String> {
    private final Witness witness = new WitnessOfAll(model, NOW);
    private final Map<Position, String> heard = new ConcurrentHashMap<>();
    private final Queue<Gap> gaps = new ConcurrentLinkedQueue<>();
    private final Queue<String> outOfOrder = new ConcurrentLinkedQueue<>();
    private int last = -1;
    private volatile @Nullable Position at;
    private volatile int highest = -1;

    @Override
    public void onMessage(LiveMessage<String> message) {
      Position here = requireNonNull(message.position());
      witness.message(here, message.payload());
      int given = Integer.parseInt(message.payload().replace(LARGE, ""));
      if (given <= last) {
        outOfOrder.add(given + " after " + last);
      }
      last = given;
      heard.put(here, message.payload());
      at = here;
      highest = Math.max(highest, given);
    }

    @Override
    public void onGap(Gap gap) {
      witness.gap(gap);
      at = gap.resumesAt();
      gaps.add(gap);
      last = -1; // what was sent again may stand on both sides
    }
  }

  /** The place after all that the subscription was given. */
  Position position() {
    return requireNonNull(ear.at);
  }

  List<Gap> gaps() {
    return List.copyOf(ear.gaps);
  }

  private void publishNext() {
    int next = number.getAndIncrement();
    String payload = next + (next % 2 == 0 ? LARGE : "");
    LiveModel.Attempt attempt = model.begin();
    try {
      sent.add(
          publisher
              .publishAsync(tenant, BOARD, Buses.message(payload))
              .thenAccept(receipt -> model.published(attempt, Buses.at(receipt), payload)));
    } catch (RuntimeException e) {
      sent.add(CompletableFuture.failedFuture(e));
    }
  }

  /** Publishes some messages and waits until all are acknowledged and the subscription has them. */
  void publishSome() throws Exception {
    for (int i = 0; i < SOME; i++) {
      publishNext();
    }
    settle();
    awaitHeard(number.get() - 1);
  }

  /** Publishes at a steady pace until {@link #awaitEnd}. */
  void publishSteadily() {
    ScheduledFuture<?> unused =
        clock.scheduleAtFixedRate(this::publishNext, 0, PACE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits until the subscription is given messages that are not published yet. */
  void awaitFlow() {
    awaitHeard(number.get() + SOME);
  }

  private void awaitHeard(int wanted) {
    await().atMost(Recorder.PATIENCE).until(() -> ear.highest >= wanted);
  }

  /** Waits until the subscription is told of a gap. */
  Gap awaitGap() {
    await().atMost(Recorder.PATIENCE).until(() -> !ear.gaps.isEmpty());
    return ear.gaps.element();
  }

  /** Ends publishing, and waits until all is acknowledged and the subscription is at the end. */
  void awaitEnd() throws Exception {
    clock.shutdown();
    assertThat(clock.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    settle();
    publishSome();
    assertThat(position()).isEqualTo(publisher.currentPosition(tenant, BOARD));
    await().atMost(Recorder.PATIENCE).until(() -> position().equals(subscription.position()));
  }

  private void settle() throws Exception {
    CompletableFuture<?> next = sent.poll();
    while (next != null) {
      next.get(60, TimeUnit.SECONDS);
      next = sent.poll();
    }
  }

  /**
   * Judges the subscription by what this server has. To be called after {@link #awaitEnd}.
   *
   * @return what was acknowledged or given and is not there any more
   */
  Set<Position> judge(RedisServer server) {
    Map<Position, String> stored = stored(server);
    Set<Position> lost = new HashSet<>(model.published());
    lost.addAll(ear.heard.keySet());
    lost.removeAll(stored.keySet());
    model.rolledBack(lost);

    assertThat(ear.witness.breaches(position())).isEmpty();
    assertThat(ear.outOfOrder).isEmpty();
    Set<String> given = new HashSet<>(ear.heard.values());
    assertThat(model.published().stream().filter(stored::containsKey))
        .as("acknowledged and there, so given or in a gap; gaps: %s", gaps())
        .allSatisfy(at -> assertThat(given.contains(model.payload(at)) || isInGap(at)).isTrue());
    boolean hadSeenWhatIsGone = ear.heard.keySet().stream().anyMatch(lost::contains);
    assertThat(gaps())
        .hasSize(hadSeenWhatIsGone ? 1 : 0)
        .allMatch(gap -> gap.reason() == GapReason.ROLLED_BACK && lost.contains(gap.from()));
    return lost;
  }

  private boolean isInGap(Position at) {
    return gaps().stream()
        .anyMatch(
            gap ->
                gap.resumesAt().epoch().equals(at.epoch())
                    && gap.resumesAt().version() >= at.version());
  }

  /** What the server has, by its own words. */
  private Map<Position, String> stored(RedisServer server) {
    Map<Position, String> all = new LinkedHashMap<>();
    for (String json : StoredFrames.of(server, key + ":buffer")) {
      JsonNode frame = JSON.readTree(json);
      long version = frame.get("version").asLong();
      for (JsonNode message : frame.get("messages")) {
        all.put(
            new Position(frame.get("epoch").asString(), version++, frame.get("nonce").asString()),
            message.get("data").asString());
      }
    }
    return all;
  }

  /** Who comes back from a place that the server still has gets all behind it, without a gap. */
  void assertResumes(LiveBus bus, Position known, RedisServer server) throws Exception {
    List<String> behind =
        stored(server).entrySet().stream()
            .filter(one -> one.getKey().version() > known.version())
            .map(Map.Entry::getValue)
            .toList();
    assertThat(behind).isNotEmpty();
    Recorder recorder = new Recorder(known);
    try (Subscription resumed =
        bus.subscribe(tenant, BOARD, SubscribeOptions.from(known).maxReplay(ALL), recorder)) {
      Buses.active(resumed);
      recorder.assertExactly(behind);
    }
  }

  /** Who comes back from a place that was taken back is told so, before anything else. */
  void assertToldOfRollback(LiveBus bus, Position lost) throws Exception {
    Recorder recorder = new Recorder();
    try (Subscription subscribed =
        bus.subscribe(tenant, BOARD, SubscribeOptions.from(lost).maxReplay(ALL), recorder)) {
      Gap gap = recorder.awaitGap();
      Buses.active(subscribed);
      assertThat(gap.reason()).isEqualTo(GapReason.ROLLED_BACK);
      assertThat(gap.from()).isEqualTo(lost);
      assertThat(gap.resumesAt()).isEqualTo(bus.currentPosition(tenant, BOARD));
      assertThat(recorder.payloads()).isEmpty();
    }
  }

  /**
   * The replica lacks what was acknowledged last when it takes the place of the primary.
   *
   * @param takeover kills the primary and waits until the replica is in its place
   */
  void tellsOfWhatAReplicaNeverGot(
      RedisServer primary, RedisServer replica, LiveBus comesBack, Runnable takeover)
      throws Exception {
    publishSome();
    Position known = position();
    Replicas.awaitInSync(primary, replica);
    Replicas.deafen(primary, replica);
    publishSome();
    Position lost = position();

    takeover.run();
    Gap gap = awaitGap(); // nobody publishes
    assertThat(gap.reason()).isEqualTo(GapReason.ROLLED_BACK);
    assertThat(gap.from()).isEqualTo(lost);
    assertThat(gap.resumesAt()).isEqualTo(known);
    publishSteadily();
    awaitFlow(); // beyond the version that was lost
    awaitEnd();

    assertThat(judge(replica)).hasSize(SOME);
    assertThat(gaps()).containsExactly(gap);
    assertResumes(comesBack, known, replica);
    assertToldOfRollback(comesBack, lost);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    subscription.close();
  }
}
