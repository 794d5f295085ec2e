package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.Lag.Exactness;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamAdminIT {
  private static final String TOPIC = "orders";

  private final Fixture fixture;
  private final StreamAdmin admin;
  private final boolean counted;

  StreamAdminIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    admin = StreamAdmin.of(fixture.redis);
    counted = !server.version().startsWith("6.");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void acknowledge(MessageId... ids) {
    for (MessageId id : ids) {
      fixture.run("XACK", fixture.stream(), GROUP, id.value());
    }
  }

  private void park(MessageId id, String due) {
    fixture.run("XCLAIM", fixture.stream(), GROUP, "tandem-parked", "0", id.value(), "JUSTID");
    fixture.run("ZADD", fixture.keys().due().text(), due, id.value());
  }

  private GroupInfo group(String name) {
    return admin.groups(fixture.tenant, TOPIC).stream()
        .filter(group -> group.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void fill(int count) {
    for (int from = 1; from <= count; from += 1_000) {
      fixture.run(
          "EVAL",
          "for i = ARGV[1], ARGV[2] do redis.call('XADD', KEYS[1], i .. '-0', 'data', 'd') end",
          "1",
          fixture.stream(),
          from + "",
          Math.min(count, from + 999) + "");
    }
  }

  @Test
  void describesAStreamAlsoOneThatDoesNotExist() {
    StreamInfo none = admin.info(fixture.tenant, TOPIC);
    assertThat(none.length()).isZero();
    assertThat(none.first()).isNull();
    assertThat(none.lastGenerated()).isEqualTo(MessageId.of("0-0"));
    assertThat(none.bytes()).isEmpty();
    assertThat(admin.groups(fixture.tenant, TOPIC)).isEmpty();
    List<MessageId> ids = fixture.send(5);
    fixture.createGroup();
    admin.trim(fixture.tenant, TOPIC, Trimming.byLength(3));
    StreamInfo info = admin.info(fixture.tenant, TOPIC);
    assertThat(info.length()).isEqualTo(3);
    assertThat(info.first()).isEqualTo(ids.get(2));
    assertThat(info.last()).isEqualTo(ids.get(4));
    assertThat(info.lastGenerated()).isEqualTo(ids.get(4));
    assertThat(info.bytes().orElseThrow()).isBetween(100L, 100_000L);
    assertThat(info.groups()).isEqualTo(1);
    assertThat(info.trimmed()).isEqualTo(2);
  }

  @Test
  void createsGroupsWhereTheyAreToBegin() {
    List<MessageId> ids = fixture.send(4);
    fixture.run("XADD", fixture.stream(), "99999999999999-0", "data", "far");
    Map<String, StreamPosition> positions =
        Map.of(
            "all", StreamPosition.beginning(),
            "new", StreamPosition.now(),
            "after", StreamPosition.after(ids.get(1)),
            "time", StreamPosition.at(Instant.ofEpochMilli(99999999999999L)));
    positions.forEach(
        (name, position) ->
            assertThat(admin.createGroup(fixture.tenant, TOPIC, name, position)).isTrue());
    assertThat(admin.createGroup(fixture.tenant, TOPIC, "all", StreamPosition.now())).isFalse();
    Map.of("all", 5L, "new", 0L, "after", 3L, "time", 1L)
        .forEach(
            (name, lag) ->
                assertThat(admin.lag(fixture.tenant, TOPIC, name))
                    .as(name)
                    .isEqualTo(new Lag(lag, Exactness.EXACT)));
    admin.setPosition(fixture.tenant, TOPIC, "new", StreamPosition.after(ids.get(2)));
    assertThat(group("new").lag()).isEqualTo(new Lag(2, Exactness.EXACT));
    assertThat(group("new").lastDelivered()).isEqualTo(ids.get(2));
    assertThat(group("all").lost()).isEqualTo(new GroupLoss("all", 0, 0));
  }

  @Test
  void deletesAGroupOnlyAsToldAndSaysWhatItLoses() {
    List<MessageId> ids = fixture.send(5);
    fixture.createGroup();
    fixture.readAs("c", 3);
    park(ids.get(0), "5");
    Lag unread = new Lag(2, Exactness.EXACT);
    assertThat(admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.DRY_RUN))
        .isEqualTo(new DeletedGroup(false, 3, unread, 0));
    assertThat(admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.IF_NOTHING_LOST))
        .isEqualTo(new DeletedGroup(false, 3, unread, 0));
    acknowledge(ids.get(0), ids.get(1), ids.get(2));
    assertThat(admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.IF_NOTHING_LOST).deleted())
        .isFalse();
    fixture.readAs("c", 1);
    assertThat(admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.FORCED))
        .isEqualTo(new DeletedGroup(true, 1, new Lag(1, Exactness.EXACT), 0));
    assertThat(admin.groups(fixture.tenant, TOPIC)).isEmpty();
    assertThat(fixture.run("EXISTS", fixture.keys().due().text())).isEqualTo(0L);
    admin.createGroup(fixture.tenant, TOPIC, GROUP, StreamPosition.now());
    assertThat(admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.IF_NOTHING_LOST).deleted())
        .isTrue();
  }

  @Test
  void deletesAConsumerOnlyIfItHasNothing() {
    List<MessageId> ids = fixture.send(2);
    fixture.createGroup();
    fixture.readAs("c", 2);
    assertThat(admin.deleteConsumer(fixture.tenant, TOPIC, GROUP, "c")).isFalse();
    acknowledge(ids.get(0), ids.get(1));
    ConsumerInfo info = admin.consumers(fixture.tenant, TOPIC, GROUP).get(0);
    assertThat(info.name()).isEqualTo("c");
    assertThat(info.pending()).isZero();
    assertThat(info.reserved()).isFalse();
    assertThat(admin.deleteConsumer(fixture.tenant, TOPIC, GROUP, "c")).isTrue();
    assertThat(admin.consumers(fixture.tenant, TOPIC, GROUP)).isEmpty();
  }

  @Test
  void aConsumerDeletedByForceLosesNothing() throws Exception {
    List<MessageId> ids = fixture.send(250);
    fixture.createGroup();
    fixture.readAs("c", 250);
    fixture.run("XDEL", fixture.stream(), ids.get(7).value(), ids.get(200).value());
    assertThat(admin.forceDeleteConsumer(fixture.tenant, TOPIC, GROUP, "c"))
        .isEqualTo(new RemovedConsumer(248, 2));
    assertThat(fixture.consumers()).containsExactly("tandem-released");
    assertThat(fixture.dead())
        .extracting(DeadLetter::originalId, DeadLetter::reason)
        .containsExactly(
            tuple(ids.get(7), DeadLetterReason.PAYLOAD_LOST),
            tuple(ids.get(200), DeadLetterReason.PAYLOAD_LOST));
    Queue<Long> deliveries = new ConcurrentLinkedQueue<>();
    fixture.start(
        (message, delivery) -> deliveries.add(delivery.deliveries()),
        options -> options.lease(Duration.ofSeconds(2)));
    await().atMost(SOON).until(() -> deliveries.size() == 248);
    assertThat(deliveries).containsOnly(2L);
    assertThatThrownBy(
            () -> admin.forceDeleteConsumer(fixture.tenant, TOPIC, GROUP, "tandem-parked"))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void listsWhatIsPending() {
    List<MessageId> ids = fixture.send(6);
    fixture.createGroup();
    fixture.readAs("a", 2);
    fixture.readAs("b", 3);
    fixture.readAs("tandem-orphaned", 1);
    park(ids.get(1), "1700000000000");
    admin.release(fixture.tenant, TOPIC, GROUP, List.of(ids.get(2)), Duration.ZERO);
    assertThat(admin.pendingSummary(fixture.tenant, TOPIC, GROUP))
        .isEqualTo(
            new PendingSummary(6, 1, 1, 1, ids.get(0), ids.get(5), Map.of("a", 1L, "b", 2L)));
    List<PendingMessage> all = admin.pending(fixture.tenant, TOPIC, GROUP, PendingQuery.all(), 10);
    assertThat(all).extracting(PendingMessage::id).isEqualTo(ids);
    assertThat(all)
        .extracting(PendingMessage::state)
        .containsExactly(
            MessageState.LEASED,
            MessageState.WAITING,
            MessageState.RELEASED,
            MessageState.LEASED,
            MessageState.LEASED,
            MessageState.ORPHANED);
    assertThat(all.get(1).dueAt()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_000L));
    assertThat(all.get(0).dueAt()).isNull();
    PendingQuery ofB = PendingQuery.all().consumer("b");
    assertThat(admin.pending(fixture.tenant, TOPIC, GROUP, ofB, 1))
        .extracting(PendingMessage::id)
        .containsExactly(ids.get(3));
    assertThat(admin.pending(fixture.tenant, TOPIC, GROUP, ofB.after(ids.get(3)), 9))
        .extracting(PendingMessage::id)
        .containsExactly(ids.get(4));
    PendingQuery old = PendingQuery.all().minIdle(Duration.ofHours(1));
    assertThat(admin.pending(fixture.tenant, TOPIC, GROUP, old, 9)).isEmpty();
    fixture.run("DEL", fixture.stream());
    fixture.createGroup();
    assertThat(admin.pendingSummary(fixture.tenant, TOPIC, GROUP))
        .isEqualTo(new PendingSummary(0, 0, 0, 0, null, null, Map.of()));
  }

  @Test
  void handsBackWhatItIsToldAndNothingThatWaits() throws Exception {
    List<MessageId> ids = fixture.send(5);
    fixture.createGroup();
    fixture.readAs("hangs", 4);
    park(ids.get(1), "99999999999999");
    fixture.run("XDEL", fixture.stream(), ids.get(3).value());
    assertThat(admin.release(fixture.tenant, TOPIC, GROUP, ids.subList(0, 1), Duration.ofHours(1)))
        .containsExactly(Map.entry(ids.get(0), ReleaseOutcome.NOT_IDLE));
    assertThat(admin.release(fixture.tenant, TOPIC, GROUP, ids, Duration.ZERO))
        .containsExactly(
            Map.entry(ids.get(0), ReleaseOutcome.RELEASED),
            Map.entry(ids.get(1), ReleaseOutcome.WAITING),
            Map.entry(ids.get(2), ReleaseOutcome.RELEASED),
            Map.entry(ids.get(3), ReleaseOutcome.DATA_GONE),
            Map.entry(ids.get(4), ReleaseOutcome.NOT_PENDING));
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    fixture.start(
        (message, delivery) -> seen.add(message.payload()),
        options -> options.lease(Duration.ofSeconds(4)));
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(seen).containsExactlyInAnyOrder("m0", "m2", "m4"));
  }

  @Test
  void previewsSayWhatTrimmingThenDoes() {
    List<MessageId> ids = fixture.send(30);
    fixture.createGroup();
    admin.createGroup(fixture.tenant, TOPIC, "other", StreamPosition.after(ids.get(9)));
    fixture.readAs("c", 20);
    acknowledge(ids.subList(0, 5).toArray(new MessageId[0]));
    assertPreviewHolds(Trimming.acknowledged());
    assertThat(admin.info(fixture.tenant, TOPIC).first()).isEqualTo(ids.get(5));
    TrimReport preview = admin.previewTrimBefore(fixture.tenant, TOPIC, ids.get(8));
    assertThat(preview)
        .isEqualTo(new TrimReport(3, 22, true, List.of(new GroupLoss(GROUP, 0, 3)), true));
    assertThat(admin.trimBefore(fixture.tenant, TOPIC, ids.get(8))).isEqualTo(preview);
    assertPreviewHolds(Trimming.byLength(12));
    assertPreviewHolds(Trimming.none());
    assertPreviewHolds(Trimming.byAge(Duration.ofHours(1)));
    assertPreviewHolds(Trimming.byLength(0));
    assertThat(group(GROUP).lost()).isEqualTo(new GroupLoss(GROUP, 10, 15));
    assertThat(group("other").lost()).isEqualTo(new GroupLoss("other", 20, 0));
  }

  @Test
  void nothingLiesBeforeTheFirstIdThereCanBe() {
    fixture.send(3);
    TrimReport preview = admin.previewTrimBefore(fixture.tenant, TOPIC, MessageId.of("0-0"));
    assertThat(preview.removed()).isZero();
    assertThat(admin.trimBefore(fixture.tenant, TOPIC, MessageId.of("0-0"))).isEqualTo(preview);
  }

  private void assertPreviewHolds(Trimming policy) {
    long before = admin.info(fixture.tenant, TOPIC).length();
    TrimReport preview = admin.previewTrim(fixture.tenant, TOPIC, policy);
    assertThat(admin.info(fixture.tenant, TOPIC).length()).isEqualTo(before);
    assertThat(admin.trim(fixture.tenant, TOPIC, policy)).isEqualTo(preview);
  }

  @Test
  void aLagTooLargeToCountIsEstimatedWhereTheServerDoesNotTell() {
    fill(25_000);
    fixture.createGroup();
    fixture.readAs("c", 1_000);
    Lag lag = admin.lag(fixture.tenant, TOPIC, GROUP);
    if (counted) {
      assertThat(lag).isEqualTo(new Lag(24_000, Exactness.EXACT));
      fixture.run("XDEL", fixture.stream(), "20000-0");
      lag = admin.lag(fixture.tenant, TOPIC, GROUP);
    }
    assertThat(lag.exactness()).isEqualTo(Exactness.ESTIMATED);
    assertThat(lag.count()).isBetween(22_000L, 26_000L);
    fixture.run("XGROUP", "SETID", fixture.stream(), GROUP, "18000-0");
    assertThat(admin.lag(fixture.tenant, TOPIC, GROUP))
        .isEqualTo(new Lag(counted ? 6_999 : 7_000, Exactness.EXACT));
  }

  @Test
  void theLagStaysExactAfterUnreadMessagesWereTrimmed() {
    fill(3_000);
    fixture.createGroup();
    fixture.readAs("c", 10);
    admin.trim(fixture.tenant, TOPIC, Trimming.byLength(2_000));
    assertThat(group(GROUP).lag()).isEqualTo(new Lag(2_000, Exactness.EXACT));
    fixture.readAs("c", 10);
    assertThat(group(GROUP).lag()).isEqualTo(new Lag(1_990, Exactness.EXACT));
  }

  private GroupStanding standing(MessageId id) {
    List<GroupStanding> standings = admin.explain(fixture.tenant, TOPIC, id).standings();
    assertThat(standings).extracting(GroupStanding::group).containsExactly(GROUP);
    return standings.get(0);
  }

  /** Letters of messages that were handled at once lie in any order. */
  private DeadLetter letterOf(MessageId id) {
    return fixture.dead().stream()
        .filter(letter -> letter.originalId().equals(id))
        .findAny()
        .orElseThrow();
  }

  @Test
  void explainsWhereAMessageStands() throws Exception {
    List<MessageId> ids = fixture.send(8);
    fixture.createGroup();
    fixture.readAs("c", 6);
    acknowledge(ids.get(0));
    park(ids.get(1), "1700000000000");
    admin.release(fixture.tenant, TOPIC, GROUP, List.of(ids.get(2)), Duration.ZERO);
    fixture.run("XDEL", fixture.stream(), ids.get(3).value());

    assertThat(standing(ids.get(0)))
        .isEqualTo(
            new GroupStanding(
                GROUP, MessageState.ACKNOWLEDGED, true, "", 0, null, null, null, null, null));
    assertThat(standing(ids.get(1)).state()).isEqualTo(MessageState.WAITING);
    assertThat(standing(ids.get(1)).dueAt()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_000L));
    assertThat(standing(ids.get(2)).state()).isEqualTo(MessageState.RELEASED);
    assertThat(standing(ids.get(3)).state()).isEqualTo(MessageState.LOST);
    GroupStanding leased = standing(ids.get(4));
    assertThat(leased.state()).isEqualTo(MessageState.LEASED);
    assertThat(leased.consumer()).isEqualTo("c");
    assertThat(leased.deliveries()).isEqualTo(1);
    assertThat(leased.idle()).isLessThan(Duration.ofMinutes(1));
    assertThat(standing(ids.get(6)).state()).isEqualTo(MessageState.NOT_READ);
    MessageReport report = admin.explain(fixture.tenant, TOPIC, ids.get(3));
    assertThat(report.dataPresent()).isFalse();
    assertThat(report.topic()).isEqualTo(TOPIC);
  }

  @Test
  void explainsDeadLettersAndWhatWasTrimmed() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("m1")) {
                throw new IllegalStateException("no");
              }
            },
            options -> options.retry(RetryPolicy.none()));
    List<MessageId> ids = fixture.send(3);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    for (boolean trimmed : new boolean[] {false, true}) {
      GroupStanding dead = standing(ids.get(1));
      assertThat(dead.state()).isEqualTo(MessageState.DEAD_LETTERED);
      assertThat(dead.deadLetterId()).isEqualTo(fixture.dead().get(0).id());
      assertThat(dead.reason()).isNotNull();
      assertThat(dead.certain()).isTrue();
      assertThat(standing(ids.get(0)).certain()).isEqualTo(!trimmed);
      assertThat(standing(ids.get(0)).state()).isEqualTo(MessageState.ACKNOWLEDGED);
      assertThat(admin.trim(fixture.tenant, TOPIC, Trimming.acknowledged()).removed())
          .isEqualTo(trimmed ? 0 : 3);
    }
  }

  @Test
  void explainsWhereAReplayStands() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    CountDownLatch replayed = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    StreamHandler<String> handler =
        (message, delivery) -> {
          if (broken.get()) {
            throw new IllegalStateException("no");
          }
          replayed.countDown();
          goOn.await();
        };
    StreamWorker first = fixture.start(handler, options -> options.retry(RetryPolicy.none()));
    List<MessageId> ids = fixture.send(3);
    await().atMost(SOON).until(() -> fixture.dead().size() == 3);
    first.close();
    DeadLetter letter = letterOf(ids.get(1));
    fixture.deadLetters.replay(fixture.tenant, TOPIC, GROUP, letter.id());

    GroupStanding waiting = standing(letter.originalId());
    assertThat(waiting.state()).isEqualTo(MessageState.REPLAYED);
    assertThat(waiting.certain()).isTrue();
    assertThat(waiting.replayId()).isNotNull();
    assertThat(waiting.idle()).isNull();
    assertThat(waiting.deadLetterId()).isNull();
    assertThat(standing(ids.get(0)).state()).isEqualTo(MessageState.DEAD_LETTERED);
    admin.trim(fixture.tenant, TOPIC, Trimming.byLength(0));
    assertThat(standing(letter.originalId())).isEqualTo(waiting);

    broken.set(false);
    StreamWorker second = fixture.start(handler, options -> options);
    assertThat(replayed.await(60, TimeUnit.SECONDS)).isTrue();
    GroupStanding leased = standing(letter.originalId());
    assertThat(leased.state()).isEqualTo(MessageState.LEASED);
    assertThat(leased.consumer()).isEqualTo(second.consumer());
    assertThat(leased.deliveries()).isEqualTo(1);
    assertThat(leased.idle()).isNotNull();
    assertThat(leased.replayId()).isEqualTo(waiting.replayId());
    goOn.countDown();
    await()
        .atMost(SOON)
        .until(() -> standing(letter.originalId()).state() == MessageState.ACKNOWLEDGED);
    assertThat(standing(letter.originalId()).certain()).isFalse();
  }

  @Test
  void explainsAReplayThatWaitsForItsRetryOrWhoseGroupIsGone() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("no");
            },
            options -> options.retry(RetryPolicy.none()));
    MessageId id = fixture.send("a");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    worker.close();
    fixture.start(
        (message, delivery) -> {
          throw new IllegalStateException("again");
        },
        options -> options.retry(RetryPolicy.fixed(Duration.ofMinutes(5)).maxDeliveries(2)));
    fixture.deadLetters.replay(fixture.tenant, TOPIC, GROUP, fixture.dead().get(0).id());
    await().atMost(SOON).until(() -> standing(id).state() == MessageState.WAITING);
    GroupStanding waiting = standing(id);
    assertThat(waiting.replayId()).isNotNull();
    assertThat(waiting.dueAt()).isAfter(Instant.now().plusSeconds(60));
    fixture.run("XGROUP", "DESTROY", fixture.keys().replay().stream().text(), GROUP);
    assertThat(standing(id).replayId()).isEqualTo(waiting.replayId());
  }

  @Test
  void claimsForAnotherConsumerWhatWasIdleForLong() {
    List<MessageId> ids = fixture.send(6);
    fixture.createGroup();
    fixture.readAs("old", 5);
    acknowledge(ids.get(0));
    park(ids.get(1), "9999999999999");
    fixture.run("XDEL", fixture.stream(), ids.get(2).value());
    List<MessageId> asked = ids.subList(0, 4);

    assertThat(admin.claim(fixture.tenant, TOPIC, GROUP, "new", asked, Duration.ofHours(1)))
        .containsEntry(ids.get(3), ClaimOutcome.NOT_IDLE)
        .doesNotContainValue(ClaimOutcome.CLAIMED);
    assertThat(admin.claim(fixture.tenant, TOPIC, GROUP, "new", asked, Duration.ZERO))
        .containsExactly(
            Map.entry(ids.get(0), ClaimOutcome.NOT_PENDING),
            Map.entry(ids.get(1), ClaimOutcome.WAITING),
            Map.entry(ids.get(2), ClaimOutcome.DATA_GONE),
            Map.entry(ids.get(3), ClaimOutcome.CLAIMED));
    GroupStanding claimed = standing(ids.get(3));
    assertThat(claimed.consumer()).isEqualTo("new");
    assertThat(claimed.deliveries()).isEqualTo(2);
    assertThat(standing(ids.get(4)).consumer()).isEqualTo("old");

    assertThat(
            admin.claimAll(fixture.tenant, TOPIC, GROUP, "old", "third", Duration.ofHours(1), 10))
        .isEmpty();
    assertThat(admin.claimAll(fixture.tenant, TOPIC, GROUP, "old", "third", Duration.ZERO, 10))
        .containsExactly(ids.get(4));
    assertThat(standing(ids.get(4)).consumer()).isEqualTo("third");
    assertThat(standing(ids.get(3)).consumer()).isEqualTo("new");
    for (String reserved : List.of("tandem-parked", "tandem-released", "tandem-mark-x")) {
      assertThatThrownBy(
              () -> admin.claim(fixture.tenant, TOPIC, GROUP, reserved, asked, Duration.ZERO))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("'" + reserved + "'");
    }
    for (String from : List.of("third", "tandem-parked")) {
      assertThatThrownBy(
              () -> admin.claimAll(fixture.tenant, TOPIC, GROUP, from, "third", Duration.ZERO, 10))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("'" + from + "'");
    }
  }

  @Test
  void claimsAllOfAConsumerPageByPage() {
    fixture.createGroup();
    fill(350);
    fixture.readAs("old", 350);
    List<MessageId> first =
        admin.claimAll(fixture.tenant, TOPIC, GROUP, "old", "new", Duration.ZERO, 120);
    assertThat(first).hasSize(120).startsWith(MessageId.of("1-0")).endsWith(MessageId.of("120-0"));
    assertThat(admin.claimAll(fixture.tenant, TOPIC, GROUP, "old", "new", Duration.ZERO, 1_000))
        .hasSize(230);
    assertThat(fixture.pendingOf("new")).hasSize(350);
  }

  @Test
  void aClaimTakesTheLeaseOfALiveWorkerWhichIsTold() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              started.countDown();
              await().atMost(SOON).until(delivery::isLeaseLost);
              told.countDown();
              throw new IllegalStateException("gives up");
            },
            options -> options.lease(Duration.ofSeconds(3)));
    MessageId id = fixture.send("a");
    assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(admin.claim(fixture.tenant, TOPIC, GROUP, "me", List.of(id), Duration.ofSeconds(5)))
        .containsEntry(id, ClaimOutcome.NOT_IDLE);
    admin.claim(fixture.tenant, TOPIC, GROUP, "me", List.of(id), Duration.ZERO);
    assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(SOON).until(() -> worker.stats().leasesLost() == 1);
    assertThat(worker.stats().retried()).isZero();
  }

  @Test
  void explainsThatAGroupLostWhatItHadNotRead() {
    fixture.createGroup();
    List<MessageId> ids = fixture.send(5);
    fixture.readAs("c", 1);
    acknowledge(ids.get(0));
    admin.trim(fixture.tenant, TOPIC, Trimming.byLength(2));
    assertThat(standing(ids.get(1)).state()).isEqualTo(MessageState.LOST);
    fixture.readAs("c", 1);
    assertThat(standing(ids.get(0)).state()).isEqualTo(MessageState.ACKNOWLEDGED);
    assertThat(standing(ids.get(0)).certain()).isFalse();
    assertThat(standing(ids.get(1)).state()).isEqualTo(MessageState.LOST);
    assertThat(standing(ids.get(2)).certain()).isTrue();
    assertThat(standing(ids.get(3)).state()).isEqualTo(MessageState.LEASED);
  }

  @Test
  void deletesAMessageForEachGroupAsFarAsThatHasCome() throws Exception {
    List<MessageId> ids = fixture.send(3);
    fixture.createGroup();
    admin.createGroup(fixture.tenant, TOPIC, "other", StreamPosition.beginning());
    fixture.readAs("c", 2);
    acknowledge(ids.get(0));
    for (MessageId id : ids.subList(0, 2)) {
      assertThat(admin.delete(fixture.tenant, TOPIC, id)).isTrue();
      assertThat(admin.delete(fixture.tenant, TOPIC, id)).isFalse();
    }
    assertThat(admin.delete(fixture.tenant, "nothing", ids.get(2))).isFalse();
    assertThat(admin.info(fixture.tenant, TOPIC).length()).isEqualTo(1);
    for (String id : List.of("x", "1-", "1-1-1")) {
      assertThatThrownBy(() -> admin.delete(fixture.tenant, TOPIC, MessageId.of(id)))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("'" + id + "'");
    }

    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker other =
        fixture.start(
            fixture
                .worker()
                .group("other")
                .handler((message, delivery) -> seen.add(message.payload())));
    await().atMost(SOON).until(() -> other.stats().acknowledged() == 1);
    assertThat(seen).containsExactly("m2");
    assertThat(other.stats().lost()).isZero();
    assertThat(group("other").lost()).isEqualTo(new GroupLoss("other", 0, 0));
    assertThat(fixture.deadLetters.list(fixture.tenant, TOPIC, "other", 10)).isEmpty();

    StreamWorker holder =
        fixture.start((message, delivery) -> {}, options -> options.lease(Duration.ofMillis(500)));
    await().atMost(SOON).until(() -> fixture.pending() == 0 && fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.PAYLOAD_LOST);
    assertThat(fixture.dead().get(0).originalId()).isEqualTo(ids.get(1));
    await().atMost(SOON).until(() -> holder.stats().lost() == 1);
  }

  @Test
  void aDeletionWhoseReplyIsLostIsUnknownAndNotRepeated(FaultProxy proxy) {
    MessageId id = fixture.send("a");
    StreamAdmin through = StreamAdmin.of(fixture.connection(proxy.url()));
    proxy.executeButDropReply(line -> line.startsWith("XDEL "));
    assertThatThrownBy(() -> through.delete(fixture.tenant, TOPIC, id))
        .isInstanceOfSatisfying(
            MessagingException.class,
            error -> assertThat(error.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN));
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(admin.info(fixture.tenant, TOPIC).length()).isZero();
    assertThat(through.delete(fixture.tenant, TOPIC, id)).isFalse();
  }

  @Test
  void deletingLeadsAStrictWorkerPastABadMessage() throws Exception {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("m1")) {
                throw new IllegalStateException("bad");
              }
              seen.add(message.payload());
            },
            options -> options.ordering(Ordering.STRICT).retry(RetryPolicy.none()));
    List<MessageId> ids = fixture.send(4);
    await().atMost(SOON).until(() -> worker.stats().stopped() == 1);
    assertThat(worker.stopped().get(0).message()).isEqualTo(ids.get(1));

    assertThat(admin.delete(fixture.tenant, TOPIC, worker.stopped().get(0).message())).isTrue();
    worker.resume();

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    assertThat(seen).containsExactly("m0", "m2", "m3");
    assertThat(worker.stats().lost()).isEqualTo(1);
    assertThat(worker.stats().stopped()).isZero();
    assertThat(fixture.dead())
        .extracting(DeadLetter::originalId, DeadLetter::reason)
        .containsExactly(tuple(ids.get(1), DeadLetterReason.PAYLOAD_LOST));
  }

  @Test
  void doesNotCallAMessageLostForCertainThatWasNeverPublished() {
    List<MessageId> ids = fixture.send(3);
    fixture.createGroup();
    MessageId never = MessageId.of("1-1");
    if (counted) {
      assertThatThrownBy(() -> admin.explain(fixture.tenant, TOPIC, never))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("'1-1'");
    } else {
      assertThat(standing(never).state()).isEqualTo(MessageState.LOST);
      assertThat(standing(never).certain()).isFalse();
    }

    admin.delete(fixture.tenant, TOPIC, ids.get(0));
    for (MessageId gone : List.of(never, ids.get(0))) { // now nobody can tell one from the other
      assertThat(standing(gone).state()).isEqualTo(MessageState.LOST);
      assertThat(standing(gone).certain()).isFalse();
    }

    fixture.readAs("c", 1);
    admin.delete(fixture.tenant, TOPIC, ids.get(1));
    assertThat(standing(ids.get(1)).state()).isEqualTo(MessageState.LOST);
    assertThat(standing(ids.get(1)).certain()).isTrue();
    assertThat(standing(never).state()).isEqualTo(MessageState.ACKNOWLEDGED);
    assertThat(standing(never).certain()).isFalse();
  }

  @Test
  void aStreamLoadedFromAnOlderServerIsNotTakenForOneThatLostNothing() {
    fixture.createGroup();
    List<MessageId> ids = fixture.send(3);
    admin.trim(fixture.tenant, TOPIC, Trimming.byLength(2));
    if (counted) { // as after loading what 6.2 wrote: as many added as are there
      fixture.run(
          "XSETID",
          fixture.stream(),
          ids.get(2).value(),
          "ENTRIESADDED",
          "2",
          "MAXDELETEDID",
          "0-0");
    }
    assertThat(standing(ids.get(0)).state()).isEqualTo(MessageState.LOST);
    assertThat(standing(ids.get(0)).certain()).isTrue();
  }

  @Test
  void refusesWhatDoesNotExistByName() {
    MessageId first = fixture.send("a");
    for (Runnable call :
        List.<Runnable>of(
            () -> admin.lag(fixture.tenant, TOPIC, "nobody"),
            () -> admin.consumers(fixture.tenant, TOPIC, "nobody"),
            () -> admin.consumers(fixture.tenant, "nothing", "nobody"),
            () -> admin.deleteConsumer(fixture.tenant, TOPIC, "nobody", "c"),
            () -> admin.forceDeleteConsumer(fixture.tenant, "nothing", "nobody", "c"),
            () -> admin.pendingSummary(fixture.tenant, TOPIC, "nobody"),
            () -> admin.pending(fixture.tenant, "nothing", "nobody", PendingQuery.all(), 1),
            () -> admin.deleteGroup(fixture.tenant, TOPIC, "nobody", Deletion.FORCED),
            () -> admin.setPosition(fixture.tenant, TOPIC, "nobody", StreamPosition.now()),
            () -> admin.release(fixture.tenant, TOPIC, "nobody", List.of(first), Duration.ZERO),
            () -> admin.claim(fixture.tenant, TOPIC, "nobody", "c", List.of(first), Duration.ZERO),
            () -> admin.claimAll(fixture.tenant, TOPIC, "nobody", "c", "d", Duration.ZERO, 1))) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              MessagingException.class,
              error -> assertThat(error.code()).isEqualTo(ErrorCode.GROUP_MISSING))
          .hasMessageContaining("'nobody'");
    }
    fixture.createGroup();
    assertThatThrownBy(() -> admin.deleteConsumer(fixture.tenant, TOPIC, GROUP, "ghost"))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("'ghost'");
    for (String id : List.of("99999999999999-0", "x")) {
      assertThatThrownBy(() -> admin.explain(fixture.tenant, TOPIC, MessageId.of(id)))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("'" + id + "'");
    }
    assertThatThrownBy(() -> admin.groups(fixture.tenant, "bad name"))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("'bad name'");
    assertThatThrownBy(() -> Trimming.byLength(1).mostPinned(5))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> Trimming.acknowledged().abandonedAfter(Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
    if (counted) {
      fixture.send("b");
      fixture.run("XDEL", fixture.stream(), first.value());
      fixture.run("XADD", fixture.stream(), "99999999999999-5", "data", "x");
      MessageId between = MessageId.of("99999999999998-0");
      assertThatThrownBy(() -> admin.explain(fixture.tenant, TOPIC, between))
          .isInstanceOf(InvalidValueException.class);
    }
  }
}
