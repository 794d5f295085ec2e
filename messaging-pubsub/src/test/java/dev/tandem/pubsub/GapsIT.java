package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What cannot be given any more is told, and what follows is unbroken. Eviction is a {@code DEL}
 * here, which is what it is to a subscriber.
 */
@RedisTest(dedicated = true)
class GapsIT {
  private final Buses buses = new Buses();
  private final RedisServer server;
  private final Tenant tenant;
  private final String prefix;
  private final LiveBus bus;

  GapsIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.tenant = Tenant.of(name);
    this.prefix = "tenant:" + name + ":channel:board";
    this.bus = buses.bus(server.url(), options -> options.probeAfter(Duration.ofSeconds(10)));
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private Position publishSome(String what, int count) throws Exception {
    List<PublishReceipt> receipts = publish(bus, tenant, channel("board"), numbers(what, 1, count));
    return at(receipts.get(count - 1));
  }

  private Recorder liveSubscriber() throws Exception {
    return liveSubscriber(bus, 5);
  }

  private Recorder liveSubscriber(LiveBus subscriber, int before) throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    publishSome("before", before);
    recorder.awaitCount(before);
    return recorder;
  }

  private Recorder resume(Position from) throws Exception {
    return resume(bus, from);
  }

  private Recorder resume(LiveBus subscriber, Position from) throws Exception {
    Recorder recorder = new Recorder();
    active(subscriber.subscribe(tenant, channel("board"), SubscribeOptions.from(from), recorder));
    return recorder;
  }

  @Test
  void aFlushIsAChangedEpochForLiveAndResumingSubscribers() throws Exception {
    Recorder live = liveSubscriber();
    Position before = publishSome("more", 5);
    live.awaitCount(10);
    server.execute("FLUSHALL");
    Gap gap = live.awaitGap();
    assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    assertThat(gap.from()).isEqualTo(before);
    publishSome("after", 5);
    live.awaitLast("after5").assertUnbroken();
    assertThat(live.payloads()).containsSubsequence(numbers("after", 1, 5));

    Recorder resumed = resume(before);
    assertThat(resumed.awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    resumed.awaitLast("after5").assertUnbroken();
    assertThat(resumed.payloads()).containsExactlyElementsOf(numbers("after", 1, 5));
    assertThat(live.gaps()).hasSize(1);
  }

  @Test
  void aFlushBetweenTwoPublishesLosesNothingOfTheSecond() throws Exception {
    Recorder live = liveSubscriber();
    server.execute("FLUSHALL");
    publishSome("after", 5);
    live.awaitLast("after5").assertUnbroken();
    assertThat(live.gaps()).extracting(Gap::reason).containsExactly(GapReason.EPOCH_CHANGED);
    assertThat(live.payloads()).endsWith("after1", "after2", "after3", "after4", "after5");
  }

  @Test
  void aLostMetaAloneIsAChangedEpoch() throws Exception {
    Recorder live = liveSubscriber();
    server.execute("DEL", prefix + ":meta");
    assertThat(live.awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    publishSome("after", 3);
    live.awaitLast("after3").assertUnbroken();
  }

  @Test
  void aLostBufferAloneIsTrimmedForWhoNeedsItAndNothingForWhoDoesNot() throws Exception {
    Recorder live = liveSubscriber();
    Position before = bus.currentPosition(tenant, channel("board"));
    publishSome("lost", 5);
    live.awaitLast("lost5");
    server.execute("DEL", prefix + ":buffer");
    Recorder remembered = resume(before);
    remembered.awaitLast("lost5");
    LiveBus elsewhere = buses.bus(server.url());
    Recorder nothingLeft = resume(elsewhere, before);
    assertThat(nothingLeft.awaitGap().reason()).isEqualTo(GapReason.TRIMMED);
    publishSome("after", 3);
    Recorder partly = resume(buses.bus(server.url()), before);
    assertThat(partly.awaitGap().reason()).isEqualTo(GapReason.TRIMMED);
    partly.assertUnbroken();
    for (Recorder recorder : List.of(live, remembered, nothingLeft, partly)) {
      recorder.awaitLast("after3").assertUnbroken();
    }
    assertThat(live.gaps()).isEmpty();
    assertThat(remembered.gaps()).isEmpty();
    assertThat(nothingLeft.payloads()).containsExactlyElementsOf(numbers("after", 1, 3));
    assertThat(partly.payloads()).containsExactlyElementsOf(numbers("after", 1, 3));
  }

  @Test
  void aLostMessageNoOtherFollowsIsFoundByTheTailCheck() throws Exception {
    Recorder live = liveSubscriber();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), new Recorder());
    active(subscription);
    publishUnheard("lost");
    live.awaitLast("lost").assertUnbroken();
    assertThat(live.gaps()).isEmpty();
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().repaired() == 1);
    assertThat(subscription.stats().recovered()).isZero();
  }

  @Test
  void whoWantsLittleReplayedGetsNoMoreOfANewLogEither() throws Exception {
    try (FaultProxy proxy = FaultProxy.to(server)) {
      LiveBus behind = buses.bus(proxy.url());
      Recorder all = new Recorder();
      Recorder little = new Recorder();
      Recorder enough = new Recorder();
      active(behind.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), all));
      active(
          behind.subscribe(
              tenant, channel("board"), SubscribeOptions.fromNow().maxReplay(2), little));
      active(
          behind.subscribe(
              tenant, channel("board"), SubscribeOptions.fromNow().maxReplay(5), enough));
      publishSome("before", 1);
      all.awaitCount(1);
      little.awaitCount(1);
      enough.awaitCount(1);
      proxy.refuse();
      server.execute("FLUSHALL");
      publishSome("after", 5);
      proxy.heal();
      all.awaitLast("after5").assertUnbroken();
      little.awaitGap();
      publishSome("last", 1);
      little.awaitLast("last1").assertUnbroken();
      assertThat(little.payloads()).containsExactly("before1", "last1");
      assertThat(little.gaps()).extracting(Gap::reason).containsExactly(GapReason.EPOCH_CHANGED);
      assertThat(all.awaitLast("last1").payloads()).hasSize(7);
      assertThat(enough.awaitLast("last1").payloads()).isEqualTo(all.payloads());
      enough.assertUnbroken();
    }
  }

  /** It has read the new log by itself before the others of its channel even know of it. */
  @Test
  void whoHasMovedToTheHeadOfANewLogIsNotToldTwice() throws Exception {
    LiveBus late = buses.bus(server.url(), b -> b.tailCheckInterval(Duration.ofHours(1)));
    Recorder all = liveSubscriber(late, 1);
    makeUnheardLogOf(numbers("after", 1, 5));
    Unheard unheard = new Unheard(server, bus, tenant);

    Recorder little = new Recorder();
    Position ofAnotherLog = new Position("elsewhere", 3, "n3");
    active(
        late.subscribe(
            tenant, channel("board"), SubscribeOptions.from(ofAnotherLog).maxReplay(2), little));
    assertThat(little.awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    assertThat(all.gaps()).isEmpty();

    for (String payload : List.of("more1", "more2")) {
      assertThat(unheard.store(channel("board"), message(payload))).isPresent();
    }
    server.execute("PUBLISH", prefix, "no frame, and so a reason to read the log");
    all.awaitLast("more2").assertUnbroken();
    publishSome("last", 1);
    little.awaitLast("last1").assertUnbroken();
    assertThat(little.payloads()).containsExactly("more1", "more2", "last1");
    assertThat(little.gaps()).hasSize(1);
  }

  /** Puts another log in the place of the channel's, as if nobody had heard what is in it. */
  private void makeUnheardLogOf(List<String> payloads) throws Exception {
    Tenant elsewhere = Tenant.of(tenant.name() + "-copy");
    publish(bus, elsewhere, channel("board"), payloads);
    String copy = "tenant:" + elsewhere.name() + ":channel:board";
    server.execute("DEL", prefix + ":buffer");
    for (String frame : StoredFrames.of(server, copy + ":buffer")) {
      String own = frame.replace(elsewhere.name(), tenant.name());
      long last = FrameParser.parse(own.getBytes(UTF_8)).lastVersion();
      server.execute("XADD", prefix + ":buffer", last + "-0", "frame", own);
    }
    server.execute("COPY", copy + ":meta", prefix + ":meta", "REPLACE");
  }

  @Test
  void aLostLastMessageIsFoundThoughOlderOnesKeepArriving() throws Exception {
    LiveBus checking = buses.bus(server.url(), b -> b.tailCheckInterval(Duration.ofSeconds(1)));
    Recorder live = liveSubscriber(checking, 1);
    List<?> frames = StoredFrames.newest(server, prefix + ":buffer", 1);
    assertThat(frames).hasSize(1);
    publishUnheard("lost");
    await()
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              server.execute("PUBLISH", prefix, String.valueOf(frames.get(0)));
              return live.payloads().size() == 2;
            });
    live.assertExactly(List.of("before1", "lost"));
  }

  @Test
  void aLostMessageIsFoundAmongManyQuietChannelsOfWhichSomeAreUnreadable() throws Exception {
    Recorder live = liveSubscriber();
    for (int i = 0; i < 100; i++) {
      active(
          bus.subscribe(tenant, channel("quiet" + i), SubscribeOptions.fromNow(), new Recorder()));
    }
    publishUnheard("lost1");
    live.awaitLast("lost1").assertUnbroken();
    for (int i = 0; i < 100; i += 10) {
      server.execute("SET", "tenant:" + tenant.name() + ":channel:quiet" + i + ":meta", "garbage");
    }
    publishUnheard("lost2");
    live.awaitLast("lost2").assertUnbroken();
    assertThat(live.gaps()).isEmpty();
  }

  @Test
  void aLostMessageIsReadBeforeTheNextIsDelivered() throws Exception {
    LiveBus slowTail = buses.bus(server.url(), b -> b.tailCheckInterval(Duration.ofMinutes(10)));
    Recorder live = new Recorder();
    Subscription subscription =
        slowTail.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), live);
    active(subscription);
    publishUnheard("lost1");
    publishUnheard("lost2");
    publishSome("next", 1);
    live.assertExactly(List.of("lost1", "lost2", "next1"));
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().repaired() >= 2);
  }

  @Test
  void aChannelWhoseHeadIsUnreadableDoesNotKeepOthersFromBeingCompared() throws Exception {
    Recorder live = liveSubscriber();
    for (int i = 0; i < 8; i++) {
      Tenant other = Tenant.of(tenant.name() + "-broken" + i);
      active(bus.subscribe(other, channel("board"), SubscribeOptions.fromNow(), new Recorder()));
      String meta = "tenant:" + other.name() + ":channel:board:meta";
      server.execute("HSET", meta, "version", "unreadable");
    }
    publishUnheard("lost");
    live.awaitLast("lost").assertUnbroken();
  }

  private List<?> list(String... command) {
    return (List<?>) requireNonNull(server.execute(command));
  }

  /** Stores a message as a publish does, whose live half is lost. */
  private void publishUnheard(String payload) {
    Tenant elsewhere = Tenant.of(tenant.name() + "-copy");
    bus.publish(elsewhere, channel("board"), message(payload));
    String copy = "tenant:" + elsewhere.name() + ":channel:board";
    List<?> frames = StoredFrames.of(server, copy + ":buffer");
    assertThat(frames).hasSize(1);
    List<?> head = list("HMGET", prefix + ":meta", "epoch", "version", "nonce");
    long version = Long.parseLong(String.valueOf(head.get(1))) + 1;
    String frame =
        String.valueOf(frames.get(0))
            .replaceFirst("\"version\":\\d+", "\"version\":" + version)
            .replaceFirst("\"epoch\":\"\\w+\"", "\"epoch\":\"" + head.get(0) + "\"")
            .replaceFirst("\"previous\":\"\"", "\"previous\":\"" + head.get(2) + "\"")
            .replace(elsewhere.name(), tenant.name());
    String nonce = frame.replaceFirst(".*\"nonce\":\"(\\w+)\".*", "$1");
    server.execute("XADD", prefix + ":buffer", "" + version, "frame", frame);
    server.execute("HSET", prefix + ":meta", "version", "" + version, "nonce", nonce);
    server.execute("DEL", copy + ":buffer", copy + ":meta");
  }

  @Test
  void copiesOfStoredFramesAreDuplicatesAndReorderedOnesAreSorted() throws Exception {
    Recorder live = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), live);
    active(subscription);
    for (int i = 1; i <= 20; i++) {
      bus.publish(tenant, channel("board"), message("m" + i));
    }
    live.awaitCount(20);
    List<?> frames = StoredFrames.of(server, prefix + ":buffer");
    assertThat(frames).hasSize(20);
    for (int i : new int[] {19, 3, 0, 11, 19, 18}) {
      server.execute("PUBLISH", prefix, String.valueOf(frames.get(i)));
    }
    bus.publish(tenant, channel("board"), message("m21"));
    live.assertExactly(numbers("m", 1, 21));
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().duplicatesDropped() == 6);
  }

  @Test
  void framesThatOvertakeEachOtherArriveInOrder() throws Exception {
    Recorder live = liveSubscriber();
    publishUnheard("x1");
    publishUnheard("x2");
    publishUnheard("x3");
    List<?> frames = StoredFrames.newest(server, prefix + ":buffer", 3);
    assertThat(frames).hasSize(3);
    for (int i : new int[] {2, 0, 1}) {
      server.execute("PUBLISH", prefix, String.valueOf(frames.get(i)));
    }
    live.awaitLast("x3").assertUnbroken();
    assertThat(live.payloads()).endsWith("x1", "x2", "x3").hasSize(8);
    assertThat(live.gaps()).isEmpty();
  }

  @Test
  void garbageIsIgnoredAndCountedAndStopsNothing() throws Exception {
    Recorder live = liveSubscriber();
    publishSome("another", 1);
    live.awaitLast("another1");
    List<?> frames = StoredFrames.newest(server, prefix + ":buffer", 1);
    assertThat(frames).hasSize(1);
    String frame = String.valueOf(frames.get(0));
    server.execute("PUBLISH", prefix, "hello");
    server.execute("PUBLISH", prefix, "");
    server.execute("PUBLISH", prefix, "{\"version\":7}");
    server.execute("PUBLISH", prefix, frame.substring(0, frame.length() - 2));
    server.execute("PUBLISH", prefix, frame.replace(tenant.name(), "another"));
    server.execute(
        "PUBLISH", prefix, frame.replaceFirst("\"version\":\\d+", "\"version\":1000000000"));
    publishUnheard("lost");
    server.execute("PUBLISH", prefix, "this makes the feed look");
    live.awaitLast("lost");
    publishSome("after", 3);
    live.awaitLast("after3").assertUnbroken();
    assertThat(live.gaps()).isEmpty();
    assertThat(live.payloads()).hasSize(10);
    await()
        .atMost(Recorder.PATIENCE)
        .untilAsserted(() -> assertThat(bus.stats().ignored()).isEqualTo(7));
    assertThat(bus.stats().reconnects()).isZero();
  }

  @Test
  void aFailoverThatLosesAcknowledgedWritesIsARollback() throws Exception {
    Recorder live = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), live));
    publishSome("kept", 5);
    try (RedisServer replica = server.startReplica()) {
      replica.cutReplication();
      Position lost = publishSome("lost", 3);
      live.awaitCount(8);
      replica.promote();
      // The old primary comes back with what the new one has, and takes over again.
      server.execute("REPLICAOF", replica.host(), "" + replica.port());
      await()
          .atMost(Recorder.PATIENCE)
          .until(
              () ->
                  String.valueOf(server.execute("INFO", "replication"))
                      .contains("master_link_status:up"));
      server.execute("REPLICAOF", "NO", "ONE");

      Gap gap = live.awaitGap();
      assertThat(gap.reason()).isEqualTo(GapReason.ROLLED_BACK);
      assertThat(gap.from()).isEqualTo(lost);
      publishSome("new", 10);
      live.awaitLast("new10").assertUnbroken();
      assertThat(live.payloads()).endsWith(numbers("new", 1, 10).toArray(String[]::new));

      Recorder resumed = resume(lost);
      assertThat(resumed.awaitGap().reason()).isEqualTo(GapReason.ROLLED_BACK);
      publishSome("last", 1);
      resumed.awaitLast("last1").assertUnbroken();
      assertThat(resumed.payloads()).containsExactly("last1");
    } finally {
      server.execute("REPLICAOF", "NO", "ONE");
    }
  }

  /** Makes the buffer end with this version, as it is where later writes were lost. */
  private void dropBeyond(String version) {
    List<?> kept = list("XRANGE", prefix + ":buffer", "-", version);
    server.execute("DEL", prefix + ":buffer");
    for (Object entry : kept) {
      List<?> fields = (List<?>) requireNonNull(((List<?>) entry).get(1));
      server.execute(
          "XADD",
          prefix + ":buffer",
          String.valueOf(((List<?>) entry).get(0)),
          "frame",
          String.valueOf(fields.get(1)));
    }
  }

  @Test
  void aRollbackIsSeenWhenNewMessagesBearTheOldVersions() throws Exception {
    LiveBus slowTail = buses.bus(server.url(), b -> b.tailCheckInterval(Duration.ofMinutes(10)));
    Recorder live = new Recorder();
    active(slowTail.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), live));
    publishSome("kept", 5);
    List<?> head = list("HMGET", prefix + ":meta", "epoch", "version", "nonce");
    assertThat(head).hasSize(3);
    for (int i = 0; i < 3; i++) {
      bus.publish(tenant, channel("board"), message("lost" + i));
    }
    live.awaitCount(8);
    dropBeyond(String.valueOf(head.get(1)));
    server.execute(
        "HSET",
        prefix + ":meta",
        "version",
        String.valueOf(head.get(1)),
        "nonce",
        String.valueOf(head.get(2)));
    for (int i = 1; i <= 10; i++) {
      bus.publish(tenant, channel("board"), message("new" + i));
    }
    assertThat(live.awaitGap().reason()).isEqualTo(GapReason.ROLLED_BACK);
    publishSome("last", 1);
    live.awaitLast("last1").assertUnbroken();
  }

  @Test
  void aFullServerRefusesBeforeAnythingIsWritten() throws Exception {
    publishSome("before", 1);
    Object stored = server.execute("XLEN", prefix + ":buffer");
    server.execute("CONFIG", "SET", "maxmemory", "1");
    try {
      for (String name : List.of("board", "new")) {
        assertThatThrownBy(() -> bus.publish(tenant, channel(name), message("refused")))
            .isInstanceOfSatisfying(
                MessagingException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY));
      }
    } finally {
      server.execute("CONFIG", "SET", "maxmemory", "0");
    }
    assertThat(server.execute("XLEN", prefix + ":buffer")).isEqualTo(stored);
    assertThat(server.execute("KEYS", prefix.replace("board", "new") + "*")).isEqualTo(List.of());
    assertThat(at(bus.publish(tenant, channel("board"), message("after"))).version()).isEqualTo(2);
  }

  @Test
  void aFullServerGivesWhatItHasStored() throws Exception {
    Position first = publishSome("kept", 1);
    publishSome("more", 2);
    server.execute("HSET", prefix + ":meta", "touched", "1"); // so that a read would renew it
    server.execute("CONFIG", "SET", "maxmemory", "1");
    try {
      resume(first).assertExactly(List.of("more1", "more2"));
    } finally {
      server.execute("CONFIG", "SET", "maxmemory", "0");
    }
    assertThat(server.execute("HGET", prefix + ":meta", "touched")).isEqualTo("1");
    resume(first).assertExactly(List.of("more1", "more2"));
    assertThat(server.execute("HGET", prefix + ":meta", "touched")).isNotEqualTo("1");
  }
}
