package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One seeded schedule of publishing, subscribing and breaking things, and its judgement. */
final class Schedule implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int STEPS = 70;
  private static final int SMALL_QUEUE = 20;
  private static final String LARGE = "x".repeat(2_000);

  /**
   * Stores a frame of another channel behind the head of this one, and publishes nothing: a message
   * that gets lost on its way. Returns where it stands and the frame, or nothing if there is no
   * log.
   */
  private static final String STORE_UNHEARD =
      """
      local head = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'nonce')
      if not head[1] then return {} end
      local version = string.format('%.0f', head[2] + 1)
      local frame = ARGV[1]:gsub('"version":%d+', '"version":' .. version, 1)
      frame = frame:gsub('"epoch":"%w+"', '"epoch":"' .. head[1] .. '"', 1)
      frame = frame:gsub('"previous":"%w*"', '"previous":"' .. head[3] .. '"', 1)
      local nonce = frame:match('"nonce":"(%w+)"')
      redis.call('ZADD', KEYS[2], version, frame)
      redis.call('HSET', KEYS[1], 'version', version, 'nonce', nonce)
      return {head[1], version, nonce, frame}
      """;

  /** What may happen besides what every schedule has. */
  enum Kind {
    /** Nothing is ever lost: no gap has a ground. */
    KEEPING_ALL,
    /** The log or the buffer is lost, and the limit trims. */
    LOSING_DATA,
    /** The server is killed and comes back with all it had acknowledged. */
    KILLED_KEEPING_DATA,
    /** The server is killed and comes back empty. */
    KILLED_LOSING_DATA,
    /** A replica takes over that lacks what was acknowledged last. */
    ROLLED_BACK
  }

  private record Followed(Subscription subscription, Witness witness, int queueLimit) {}

  private final Kind kind;
  private final Random random;
  private final RedisServer server;
  private final FaultProxy proxy;
  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final String key;
  private final Channel<String> board;
  private final LiveModel model;
  private final List<LiveBus> publishers;
  private final LiveBus subscriber;
  private final List<CompletableFuture<?>> sent = new ArrayList<>();
  private final List<Followed> present = new ArrayList<>();
  private final List<Followed> closed = new ArrayList<>();
  private int number;

  Schedule(Kind kind, long seed, RedisServer server, FaultProxy proxy, String tenant) {
    this.kind = kind;
    this.random = new Random(seed);
    this.server = server;
    this.proxy = proxy;
    this.tenant = Tenant.of(tenant);
    this.key = "tenant:" + tenant + ":channel:board";
    int kept = kind == Kind.LOSING_DATA ? 300 : 1_000_000;
    this.board = channel("board").recoverable(Duration.ofMinutes(5), kept);
    this.model = new LiveModel(kept);
    this.publishers = List.of(buses.bus(server.url()), buses.bus(server.url()));
    this.subscriber = buses.bus(proxy.url());
  }

  @Override
  public void close() {
    buses.close();
  }

  void run() throws Exception {
    follow(SubscribeOptions.fromNow(), Witness.Manner.QUICK);
    Buses.active(present.get(0).subscription());
    for (int step = 0; step < STEPS; step++) {
      publishSome(random.nextInt(50), "");
      if (step == STEPS / 2 && kind == Kind.ROLLED_BACK) {
        rollBack();
      } else {
        breakSomething();
      }
      for (Followed one : present) {
        one.witness().queued(one.subscription().stats().queued());
      }
    }
    settle();
    proxy.heal();
    // The last message is lost on the way, and none follows.
    await().atMost(PATIENCE).until(() -> storeUnheard(1, false));
    judge();
    leaveNothingBehind();
  }

  private void breakSomething() throws Exception {
    switch (random.nextInt(17)) {
      case 0, 1, 2 -> followSomehow();
      case 3 -> {
        if (present.size() > 3) {
          Followed one = present.remove(1 + random.nextInt(present.size() - 1));
          one.subscription().close();
          closed.add(one);
        }
      }
      case 4 -> proxy.reset();
      case 5 -> server.execute("CLIENT", "KILL", "TYPE", "pubsub");
      case 6 -> {
        proxy.blackHole();
        pause(random.nextInt(30));
        proxy.heal();
      }
      case 7 -> {
        proxy.halfOpen();
        pause(random.nextInt(30));
        proxy.heal();
      }
      case 8 -> server.execute("SCRIPT", "FLUSH");
      case 9 -> replaySome();
      case 10 ->
          server.execute("PUBLISH", key, random.nextBoolean() ? "garbage" : "{\"version\":1}");
      case 11 -> overflowOutputBuffer();
      case 12 -> storeUnheard(1 + random.nextInt(3), random.nextBoolean());
      case 13, 14 -> loseSomething();
      default -> pause(random.nextInt(20));
    }
  }

  private void loseSomething() throws Exception {
    switch (kind) {
      case LOSING_DATA -> {
        switch (random.nextInt(6)) {
          case 0 -> {
            model.losesLog();
            server.execute("FLUSHALL");
          }
          case 1 -> {
            model.losesLog();
            server.execute("DEL", key + ":meta");
          }
          case 2, 3 -> {
            model.losesBuffer();
            server.execute("DEL", key + ":buffer");
          }
          default -> pause(random.nextInt(20));
        }
      }
      case KILLED_KEEPING_DATA -> {
        if (random.nextInt(4) == 0) {
          server.kill();
          server.restart();
        }
      }
      case KILLED_LOSING_DATA -> {
        if (random.nextInt(4) == 0) {
          model.losesLog();
          server.kill();
          server.restart();
        }
      }
      case KEEPING_ALL, ROLLED_BACK -> pause(random.nextInt(20));
    }
  }

  private void publishSome(int count, String more) {
    LiveBus publisher = publishers.get(random.nextInt(publishers.size()));
    for (int i = 0; i < count; i++) {
      String payload = "m" + number++ + more;
      sent.add(
          publisher
              .publishAsync(tenant, board, message(payload))
              .handle(
                  (receipt, error) -> {
                    if (error == null) {
                      model.published(Buses.at(receipt), payload);
                    } else {
                      model.unknown(payload);
                    }
                    return null;
                  }));
    }
  }

  /** Waits until each message has its outcome. */
  private void settle() throws Exception {
    for (CompletableFuture<?> one : sent) {
      one.get();
    }
    sent.clear();
  }

  private void followSomehow() {
    List<Position> known = new ArrayList<>(model.published().keySet());
    SubscribeOptions options =
        switch (random.nextInt(3)) {
          case 0 -> SubscribeOptions.fromNow();
          case 1 -> SubscribeOptions.fromBeginning();
          default ->
              known.isEmpty()
                  ? SubscribeOptions.fromNow()
                  : SubscribeOptions.from(known.get(random.nextInt(known.size())));
        };
    Witness.Manner[] all = Witness.Manner.values();
    follow(options, all[random.nextInt(all.length)]);
  }

  private void follow(SubscribeOptions beginning, Witness.Manner manner) {
    Witness witness = new Witness(manner, beginning.startPosition());
    int limit = manner == Witness.Manner.QUICK ? SubscribeOptions.DEFAULT_QUEUE_LIMIT : SMALL_QUEUE;
    SubscribeOptions options = beginning.maxReplay(1_000_000).queueLimit(limit);
    present.add(
        new Followed(subscriber.subscribe(tenant, board, options, witness), witness, limit));
  }

  /** Sends copies of stored frames again, in any order. */
  private void replaySome() {
    List<?> frames = list("ZRANGE", key + ":buffer", "-20", "-1");
    for (int i = 0; i < 3 && !frames.isEmpty(); i++) {
      server.execute("PUBLISH", key, String.valueOf(frames.get(random.nextInt(frames.size()))));
    }
  }

  /** A frame larger than the server is ready to keep for a subscriber: it ends the connection. */
  private void overflowOutputBuffer() throws Exception {
    server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 40kb 40kb 1");
    publishSome(40, LARGE);
    settle();
    server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
  }

  /**
   * Stores messages that nobody hears of; or hears of later, the last one first.
   *
   * @return whether all were stored: there may be no log, or a connection that died with the server
   */
  private boolean storeUnheard(int count, boolean heardLater) {
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String payload = "unheard" + number++;
      Optional<String> frame = frameOfAnotherChannel(payload);
      if (frame.isEmpty()) {
        continue;
      }
      List<?> stored =
          list("EVAL", STORE_UNHEARD, "2", key + ":meta", key + ":buffer", frame.get());
      if (!stored.isEmpty()) {
        long version = Long.parseLong(String.valueOf(stored.get(1)));
        model.published(
            new Position(String.valueOf(stored.get(0)), version, String.valueOf(stored.get(2))),
            payload);
        frames.add(String.valueOf(stored.get(3)));
      }
    }
    for (int i = frames.size() - 1; heardLater && i >= 0; i--) {
      server.execute("PUBLISH", key, frames.get(i));
    }
    return frames.size() == count;
  }

  private Optional<String> frameOfAnotherChannel(String payload) {
    Tenant elsewhere = Tenant.of(tenant.name() + "-copy");
    String copy = "tenant:" + elsewhere.name() + ":channel:board";
    server.execute("DEL", copy + ":buffer", copy + ":meta");
    try {
      publishers.get(0).publish(elsewhere, board, message(payload));
    } catch (MessagingException e) {
      return Optional.empty();
    }
    String frame = String.valueOf(list("ZRANGE", copy + ":buffer", "-1", "-1").get(0));
    return Optional.of(frame.replace(elsewhere.name(), tenant.name()));
  }

  /** A replica that lacks what was acknowledged last takes over, and gives the place back. */
  private void rollBack() throws Exception {
    settle();
    try (RedisServer replica = server.startReplica()) {
      Set<Position> kept = new HashSet<>(model.published().keySet());
      replica.cutReplication();
      publishSome(1 + random.nextInt(30), "");
      settle();
      Set<Position> lost = new HashSet<>(model.published().keySet());
      lost.removeAll(kept);
      model.rolledBack(lost);
      replica.promote();
      server.execute("REPLICAOF", replica.host(), Integer.toString(replica.port()));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  String.valueOf(server.execute("INFO", "replication"))
                      .contains("master_link_status:up"));
    } finally {
      server.execute("REPLICAOF", "NO", "ONE");
    }
  }

  private void judge() {
    Position head = publishers.get(0).currentPosition(tenant, board);
    for (Followed one : present) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(one.subscription().position()).isEqualTo(head));
    }
    long largest = model.largestFrame();
    List<Followed> all = new ArrayList<>(present);
    all.addAll(closed);
    for (Followed one : all) {
      assertThat(one.witness().breaches(model)).isEmpty();
      assertThat(one.subscription().stats().dropped()).isZero();
      assertThat(one.witness().mostQueued())
          .isLessThanOrEqualTo(Math.max(one.queueLimit(), largest));
    }
    if (kind == Kind.KEEPING_ALL) {
      assertThat(all).allSatisfy(one -> assertThat(one.witness().gaps()).isEmpty());
      assertThat(present.get(0).witness().count()).isEqualTo(model.published().size()).isPositive();
    }
  }

  private void leaveNothingBehind() {
    present.forEach(one -> one.subscription().close());
    assertThat(subscriber.stats().subscriptions()).isZero();
    assertThat(subscriber.stats().channels()).isZero();
    await()
        .atMost(PATIENCE)
        .until(() -> Long.valueOf(0).equals(Buses.subscribed(server, tenant.name(), "board")));
    String name = subscriber.instanceId();
    buses.close();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().contains(name)));
  }

  private List<?> list(String... command) {
    @Nullable Object reply = server.execute(command);
    return (List<?>) requireNonNull(reply);
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(millis * 1_000_000L);
  }
}
