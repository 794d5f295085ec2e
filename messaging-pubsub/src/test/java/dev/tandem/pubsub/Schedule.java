package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** One seeded schedule of publishing, subscribing and breaking things, and its judgement. */
final class Schedule implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int STEPS = 70;
  private static final int FLOOD_EVERY = 40;
  private static final int SMALL_QUEUE = 20;
  private static final long SMALL_QUEUE_BYTES = 4_096;
  private static final int LITTLE_REPLAY = 60;
  private static final int ANY_REPLAY = 1_000_000;
  private static final String LARGE = "x".repeat(2_000);

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

  private final Kind kind;
  private final Random random;
  private final RedisServer server;
  private final FaultProxy proxy;
  private final FaultProxy publishersProxy;
  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final List<ModelledChannel> channels;
  private final List<LiveBus> publishers;
  private final LiveBus subscriber;
  private final Publications publications;
  private final List<Follower> present = new ArrayList<>();
  private final List<Follower> closed = new ArrayList<>();

  Schedule(Kind kind, long seed, RedisServer server, FaultProxy proxy, String tenant) {
    this.kind = kind;
    this.random = new Random(seed);
    this.server = server;
    this.proxy = proxy;
    this.tenant = Tenant.of(tenant);
    int kept = kind == Kind.LOSING_DATA ? 300 : 1_000_000;
    this.channels =
        Stream.of("board", "news", "chat")
            .map(
                name ->
                    new ModelledChannel(
                        channel(name).recoverable(Duration.ofMinutes(5), kept),
                        "tenant:" + tenant + ":channel:" + name,
                        new LiveModel(kept)))
            .toList();
    this.publishersProxy = FaultProxy.to(server);
    this.publishers = List.of(buses.bus(publishersProxy.url()), buses.bus(server.url()));
    this.subscriber = buses.bus(proxy.url());
    this.publications = new Publications(random, server, this.tenant, channels, publishers);
  }

  @Override
  public void close() {
    buses.close();
    publishersProxy.close();
  }

  void run() throws Exception {
    SubscribeOptions now = SubscribeOptions.fromNow().maxReplay(ANY_REPLAY);
    follow(channels, false, Follower.Manner.QUICK, now);
    present.get(0).active().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    for (ModelledChannel channel : channels) {
      publications.publish(channel, 1);
    }
    follow(channels, true, Follower.Manner.QUICK, now);
    for (SlowConsumer policy : SlowConsumer.values()) {
      follow(channels, false, Follower.Manner.SLOW, now.slowConsumer(policy));
    }
    follow(
        channels.subList(0, 1),
        false,
        Follower.Manner.SLOW,
        now.slowConsumer(SlowConsumer.DISCONNECT));
    int permanent = present.size();
    for (int step = 0; step < STEPS; step++) {
      publications.publishSome(random.nextInt(50), "");
      if (step == STEPS / 2 && kind == Kind.ROLLED_BACK) {
        rollBack();
      } else {
        breakSomething(permanent);
      }
      present.forEach(Follower::lookAfter);
      if (step % FLOOD_EVERY == FLOOD_EVERY - 1) {
        catchUp();
        flood(present.subList(0, permanent).stream().filter(Follower::disconnects).toList());
      }
    }
    publishersProxy.heal();
    publications.settle();
    proxy.heal();
    for (ModelledChannel channel : channels) { // the last message is lost, and none follows
      await().atMost(PATIENCE).until(() -> publications.storeUnheard(channel, 1, false));
    }
    judge();
    leaveNothingBehind();
  }

  private void breakSomething(int permanent) throws Exception {
    switch (random.nextInt(20)) {
      case 0, 1, 2 -> followSomehow();
      case 3 -> {
        if (present.size() > permanent) {
          Follower one = present.remove(permanent + random.nextInt(present.size() - permanent));
          one.close();
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
          server.execute(
              "PUBLISH", any(channels).key(), random.nextBoolean() ? "garbage" : "{\"version\":1}");
      case 11 -> overflowOutputBuffer();
      case 12 ->
          publications.storeUnheard(any(channels), 1 + random.nextInt(3), random.nextBoolean());
      case 13, 14 -> loseSomething();
      case 15 -> publishersProxy.reset();
      case 16 -> publishersProxy.dropRepliesAndReset(1 + random.nextInt(3));
      case 17 -> forge();
      default -> pause(random.nextInt(20));
    }
  }

  private void loseSomething() throws Exception {
    switch (kind) {
      case LOSING_DATA -> {
        ModelledChannel one = any(channels);
        switch (random.nextInt(6)) {
          case 0 -> {
            loseAllLogs(() -> server.execute("FLUSHALL"));
          }
          case 1 -> {
            one.model().losesLog(() -> server.execute("DEL", one.key() + ":meta"));
          }
          case 2, 3 -> {
            one.model().losesBuffer(() -> server.execute("DEL", one.key() + ":buffer"));
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
          loseAllLogs(
              () -> {
                server.kill();
                server.restart();
              });
        }
      }
      case KEEPING_ALL, ROLLED_BACK -> pause(random.nextInt(20));
    }
  }

  private void loseAllLogs(Runnable loss) {
    Runnable all = loss;
    for (ModelledChannel channel : channels) {
      Runnable inner = all;
      all = () -> channel.model().losesLog(inner);
    }
    all.run();
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private void followSomehow() {
    List<ModelledChannel> some = new ArrayList<>(channels);
    Collections.shuffle(some, random);
    some = some.subList(0, 1 + random.nextInt(some.size()));
    SubscribeOptions options =
        switch (random.nextInt(3)) {
          case 0 -> SubscribeOptions.fromNow();
          case 1 -> SubscribeOptions.fromBeginning();
          default -> SubscribeOptions.from(anyPositions(some));
        };
    if (random.nextInt(4) == 0) {
      options = options.maxReplay(LITTLE_REPLAY);
    } else {
      options = options.maxReplay(ANY_REPLAY);
    }
    if (random.nextInt(4) == 0) {
      options = options.queueBytes(SMALL_QUEUE_BYTES);
    }
    follow(
        some,
        false,
        any(List.of(Follower.Manner.values())),
        options.slowConsumer(any(List.of(SlowConsumer.values()))));
  }

  /** Publishes a frame that no log contains. */
  private void forge() {
    String key = any(channels).key();
    List<?> frames = StoredFrames.newest(server, key + ":buffer", 1);
    if (!frames.isEmpty()) {
      String frame = String.valueOf(frames.get(0));
      server.execute(
          "PUBLISH",
          key,
          random.nextBoolean()
              ? frame.replaceFirst("\"version\":\\d+", "\"version\":1000000000")
              : frame.replaceFirst("\"nonce\":\"\\w+\"", "\"nonce\":\"forged\""));
    }
  }

  private Positions anyPositions(List<ModelledChannel> some) {
    Map<String, Position> chosen = new HashMap<>();
    for (ModelledChannel channel : some) {
      List<Position> known = new ArrayList<>(channel.model().published());
      if (!known.isEmpty()) {
        chosen.put(channel.name(), any(known));
      }
    }
    return new Positions(chosen);
  }

  private void follow(
      List<ModelledChannel> some,
      boolean byPattern,
      Follower.Manner manner,
      SubscribeOptions chosen) {
    boolean quick = manner == Follower.Manner.QUICK;
    int limit = quick ? SubscribeOptions.DEFAULT_QUEUE_LIMIT : SMALL_QUEUE;
    SubscribeOptions options = chosen.queueLimit(limit);
    present.add(new Follower(subscriber, tenant, some, byPattern, manner, options));
  }

  /** Sends copies of stored frames again, in any order. */
  private void replaySome() {
    String key = any(channels).key();
    List<?> frames = StoredFrames.newest(server, key + ":buffer", 20);
    for (int i = 0; i < 3 && !frames.isEmpty(); i++) {
      server.execute("PUBLISH", key, String.valueOf(frames.get(random.nextInt(frames.size()))));
    }
  }

  /** A frame larger than the server is ready to keep for a subscriber: it ends the connection. */
  private void overflowOutputBuffer() throws Exception {
    server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 40kb 40kb 1");
    publications.publishSome(40, LARGE);
    publications.settle();
    server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
  }

  /** A replica that lacks what was acknowledged last takes over, and gives the place back. */
  private void rollBack() throws Exception {
    publications.settle();
    try (RedisServer replica = server.startReplica()) {
      Map<ModelledChannel, Set<Position>> kept = new HashMap<>();
      channels.forEach(channel -> kept.put(channel, published(channel)));
      replica.cutReplication();
      publications.publishSome(1 + random.nextInt(30), "");
      publications.settle();
      kept.forEach(
          (channel, before) -> {
            Set<Position> lost = published(channel);
            lost.removeAll(before);
            channel.model().rolledBack(lost);
          });
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

  private static Set<Position> published(ModelledChannel channel) {
    return new HashSet<>(channel.model().published());
  }

  /** Waits until all that are present stand where the logs do. */
  private void catchUp() throws Exception {
    publications.settle();
    Map<String, Position> heads = new HashMap<>();
    for (ModelledChannel one : channels) {
      heads.put(one.name(), publishers.get(1).currentPosition(tenant, one.channel()));
    }
    for (Follower one : present) {
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                one.lookAfter();
                return one.standsAt(heads);
              });
    }
  }

  /** Publishes until each of them has been disconnected. */
  private void flood(List<Follower> slow) throws Exception {
    for (Follower one : slow) {
      int before = one.disconnected();
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (one.disconnected() == before) {
        assertThat(System.nanoTime()).as("time, until %s is disconnected", one).isLessThan(end);
        publications.publish(channels.get(0), SMALL_QUEUE);
        one.lookAfter();
      }
    }
  }

  private void judge() throws Exception {
    catchUp();
    List<Follower> all = new ArrayList<>(present);
    all.addAll(closed);
    for (Follower one : all) {
      assertThat(one.breaches()).as(one.toString()).isEmpty();
    }
    if (kind == Kind.KEEPING_ALL) {
      assertThat(all)
          .allSatisfy(
              one -> assertThat(one.gaps()).allMatch(gap -> gap.reason() == GapReason.TOO_FAR));
      assertThat(channels)
          .allSatisfy(
              one ->
                  assertThat(present.get(0).count(one))
                      .isEqualTo(one.model().published().size())
                      .isPositive());
    }
  }

  private void leaveNothingBehind() {
    present.forEach(Follower::close);
    assertThat(subscriber.stats().subscriptions()).isZero();
    assertThat(subscriber.stats().channels()).isZero();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                channels.stream()
                    .map(one -> Buses.subscribed(server, tenant.name(), one.name()))
                    .allMatch(Long.valueOf(0)::equals));
    String name = subscriber.instanceId();
    buses.close();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().contains(name)));
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(millis * 1_000_000L);
  }
}
