package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static dev.tandem.streams.ModuleScripts.loseReplyOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.LostEventRepliesIT;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each script is executed once and its reply lost: what comes of it is as if the reply had come, or
 * the caller learns that it is not known, and the same call again does no harm.
 */
@RedisTest
class LostRepliesIT {
  private static final String TOPIC = "orders";

  private static final Map<String, Scenario> SCENARIOS =
      Map.ofEntries(
          Map.entry("admin/claim.lua", LostRepliesIT::claim),
          Map.entry("admin/count.lua", LostRepliesIT::count),
          Map.entry("admin/explain.lua", LostRepliesIT::explain),
          Map.entry("admin/find_dead.lua", LostRepliesIT::findDead),
          Map.entry("admin/find_replay.lua", LostRepliesIT::findReplay),
          Map.entry("admin/hand_back.lua", LostRepliesIT::handBack),
          Map.entry("admin/delete_consumer.lua", LostRepliesIT::deleteConsumer),
          Map.entry("admin/delete_group.lua", LostRepliesIT::deleteGroup),
          Map.entry("trim/trim.lua", LostRepliesIT::trim),
          Map.entry("consume/acknowledge.lua", LostRepliesIT::acknowledge),
          Map.entry("produce/append.lua", LostRepliesIT::append),
          Map.entry("dead/replay.lua", LostRepliesIT::replay),
          Map.entry("dead/discard.lua", LostRepliesIT::discard),
          Map.entry("dead/claim.lua", LostRepliesIT::keep),
          Map.entry("dead/release.lua", LostRepliesIT::keep),
          Map.entry("schedule/add.lua", LostRepliesIT::schedule),
          Map.entry("schedule/cancel.lua", LostRepliesIT::cancel),
          Map.entry("schedule/list.lua", LostRepliesIT::listScheduled),
          Map.entry("schedule/promote.lua", LostRepliesIT::promote),
          Map.entry("read/tail.lua", LostRepliesIT::tail),
          Map.entry("transaction/commit.lua", LostRepliesIT::commit));

  /** Only of what a lost group had pending and is flushed: {@code GroupRestoreIT}. */
  private static final Set<String> OF_ITS_OWN = Set.of("group/report.lua", "group/settle.lua");

  private final Fixture fixture;
  private final FaultProxy proxy;
  private final RedisConnection through;
  private final StreamAdmin admin;
  private String script = "";

  LostRepliesIT(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.proxy = proxy;
    this.through = fixture.connection(proxy.url());
    this.admin = StreamAdmin.of(through);
  }

  /** Something that calls a script through the proxy, and looks at what came of it. */
  private interface Scenario {
    void run(LostRepliesIT test) throws Exception;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  static Stream<String> scripts() {
    return SCENARIOS.keySet().stream().sorted();
  }

  @Test
  void everyScriptOfTheModuleLosesItsReplySomewhere() throws IOException {
    Set<String> covered = new TreeSet<>(SCENARIOS.keySet());
    covered.addAll(OF_ITS_OWN);
    LostScriptRepliesIT.resources().forEach(covered::add);
    LostEventRepliesIT.scripts().forEach(covered::add);
    assertThat(covered).containsExactlyElementsOf(ModuleScripts.resources());
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void aLostReplyDoesNoHarm(String resource) throws Exception {
    script = resource;
    Objects.requireNonNull(SCENARIOS.get(resource)).run(this);
    assertThat(proxy.droppedReplies()).as("replies of " + resource + " lost").isEqualTo(1);
  }

  private void lose() {
    loseReplyOf(script, proxy);
  }

  private static void assertUnknown(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN));
  }

  private List<MessageId> sendAndRead(int count, String consumer) {
    fixture.createGroup();
    List<MessageId> ids = fixture.send(count);
    fixture.readAs(consumer, count);
    return ids;
  }

  /** Ids of messages that are dead letters of the group. */
  private List<MessageId> bury(int count) throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("is to fail");
            },
            options -> options.retry(RetryPolicy.none()));
    List<MessageId> ids = fixture.send(count);
    await().atMost(SOON).until(() -> fixture.dead().size() == count);
    worker.close();
    return ids;
  }

  private void count() {
    fixture.send(10);
    lose();
    TrimReport preview = admin.previewTrim(fixture.tenant, TOPIC, Trimming.byLength(4));
    assertThat(preview.removed()).isEqualTo(6);
    assertThat(preview.remaining()).isEqualTo(4);
  }

  private void explain() {
    MessageId id = sendAndRead(1, "c").get(0);
    lose();
    assertThat(admin.explain(fixture.tenant, TOPIC, id).standings())
        .singleElement()
        .satisfies(standing -> assertThat(standing.state()).isEqualTo(MessageState.LEASED));
  }

  private void findDead() throws Exception {
    MessageId id = bury(3).get(1);
    lose();
    assertThat(admin.explain(fixture.tenant, TOPIC, id).standings())
        .singleElement()
        .satisfies(standing -> assertThat(standing.state()).isEqualTo(MessageState.DEAD_LETTERED));
  }

  private void findReplay() throws Exception {
    MessageId id = bury(3).get(1);
    fixture.deadLetters.replayAll(fixture.tenant, TOPIC, GROUP);
    lose();
    assertThat(admin.explain(fixture.tenant, TOPIC, id).standings())
        .singleElement()
        .satisfies(standing -> assertThat(standing.state()).isEqualTo(MessageState.REPLAYED));
  }

  private void claim() {
    List<MessageId> ids = sendAndRead(2, "c");
    List<MessageId> first = ids.subList(0, 1);
    lose();
    assertUnknown(() -> admin.claim(fixture.tenant, TOPIC, GROUP, "d", first, Duration.ZERO));
    assertThat(fixture.pendingOf("d")).containsExactly(ids.get(0).value());
    assertThat(admin.claim(fixture.tenant, TOPIC, GROUP, "d", first, Duration.ZERO).values())
        .containsOnly(ClaimOutcome.CLAIMED);
    // Twice more, as the documentation of claim says of a repeated one; once read.
    assertThat(admin.pending(fixture.tenant, TOPIC, GROUP, PendingQuery.all(), 10))
        .extracting(PendingMessage::consumer, PendingMessage::deliveries)
        .containsExactly(tuple("d", 3L), tuple("c", 1L));
  }

  private void handBack() {
    List<MessageId> ids = sendAndRead(2, "c");
    lose();
    assertUnknown(
        () -> admin.release(fixture.tenant, TOPIC, GROUP, ids.subList(0, 1), Duration.ZERO));
    assertThat(fixture.pendingOf("tandem-released")).containsExactly(ids.get(0).value());
    assertThat(admin.release(fixture.tenant, TOPIC, GROUP, ids, Duration.ZERO).values())
        .containsOnly(ReleaseOutcome.RELEASED);
    assertThat(admin.pending(fixture.tenant, TOPIC, GROUP, PendingQuery.all(), 10))
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.deliveries()).isEqualTo(1));
  }

  private void deleteConsumer() {
    List<MessageId> ids = sendAndRead(150, "c"); // more than one call hands over
    fixture.run("XDEL", fixture.stream(), ids.get(0).value());
    lose();
    assertUnknown(() -> admin.forceDeleteConsumer(fixture.tenant, TOPIC, GROUP, "c"));
    assertThat(fixture.consumers()).contains("c");
    assertThat(admin.forceDeleteConsumer(fixture.tenant, TOPIC, GROUP, "c"))
        .isEqualTo(new RemovedConsumer(50, 0));
    assertThat(fixture.consumers()).containsExactly("tandem-released");
    assertThat(fixture.pendingOf("tandem-released")).hasSize(149);
    assertThat(fixture.dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
  }

  private void deleteGroup() {
    sendAndRead(2, "c");
    lose();
    assertUnknown(() -> admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.FORCED));
    assertThat(admin.groups(fixture.tenant, TOPIC)).isEmpty();
    assertThatThrownBy(() -> admin.deleteGroup(fixture.tenant, TOPIC, GROUP, Deletion.FORCED))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.GROUP_MISSING));
    assertThat(Replies.number(fixture.run("XLEN", fixture.stream()))).isEqualTo(2);
  }

  private void trim() {
    sendAndRead(10, "c");
    lose();
    assertUnknown(() -> admin.trim(fixture.tenant, TOPIC, Trimming.byLength(4)));
    assertThat(admin.trim(fixture.tenant, TOPIC, Trimming.byLength(4)).removed()).isZero();
    assertThat(admin.info(fixture.tenant, TOPIC).trimmed()).isEqualTo(6);
    assertThat(admin.groups(fixture.tenant, TOPIC))
        .singleElement()
        .satisfies(group -> assertThat(group.lost()).isEqualTo(new GroupLoss(GROUP, 0, 6)));
  }

  private void acknowledge() {
    fixture.createGroup();
    fixture.send("m");
    StreamConsumer consumer = StreamConsumer.builder(through).group(GROUP).build();
    try {
      HeldDelivery<String> held = consumer.poll(fixture.tenant, fixture.topic, 1, SOON).get(0);
      lose();
      assertThat(held.ack()).isEqualTo(Settlement.ACKNOWLEDGED);
      assertThat(fixture.pending()).isZero();
    } finally {
      consumer.close();
    }
  }

  private void append() {
    try (StreamProducer producer = StreamProducer.builder(through).idempotent().build()) {
      Message<String> message = Message.of("test", "m");
      producer.sendAndWait(fixture.tenant, fixture.topic, message);
      lose();
      MessageId id = producer.sendAndWait(fixture.tenant, fixture.topic, message);
      assertThat(StreamReader.of(through).get(fixture.tenant, fixture.topic, id)).isPresent();
      assertThat(Replies.number(fixture.run("XLEN", fixture.stream()))).isEqualTo(2);
    }
  }

  private void replay() throws Exception {
    bury(3);
    lose();
    assertThat(DeadLetters.of(through).replayAll(fixture.tenant, TOPIC, GROUP).replayed())
        .isEqualTo(3);
    assertThat(fixture.dead()).isEmpty();
    String replayed = fixture.keys().replay().stream().text();
    assertThat(Replies.number(fixture.run("XLEN", replayed))).isEqualTo(3);
  }

  private void discard() throws Exception {
    bury(3);
    lose();
    assertThat(DeadLetters.of(through).discardAll(fixture.tenant, TOPIC, GROUP).discarded())
        .isEqualTo(3);
    assertThat(fixture.dead()).isEmpty();
  }

  private void keep() throws Exception {
    bury(3);
    lose();
    ProcessedLetters processed =
        DeadLetterProcessor.builder(through, TOPIC)
            .tenant(fixture.tenant)
            .group(GROUP)
            .handler(letter -> DeadLetterDecision.KEEP)
            .build()
            .run();
    assertThat(processed.kept()).isEqualTo(3);
    assertThat(fixture.dead()).hasSize(3);
    assertThat(fixture.run("EXISTS", fixture.keys().claims().text())).isEqualTo(0L);
  }

  private ScheduledId scheduleIn(Duration delay) {
    Message<String> message = Message.of("test", "m");
    return StreamScheduler.of(through).sendAfter(fixture.tenant, fixture.topic, message, delay);
  }

  private long scheduled() {
    return StreamScheduler.of(fixture.redis).count(fixture.tenant, TOPIC);
  }

  private void schedule() {
    lose();
    ScheduledId id = scheduleIn(Duration.ofHours(1));
    assertThat(scheduled()).isEqualTo(1);
    assertThat(StreamScheduler.of(through).find(fixture.tenant, TOPIC, id)).isPresent();
  }

  private void cancel() {
    ScheduledId id = scheduleIn(Duration.ofHours(1));
    lose();
    assertThat(StreamScheduler.of(through).cancel(fixture.tenant, TOPIC, id)).isTrue();
    assertThat(scheduled()).isZero();
  }

  private void listScheduled() {
    ScheduledId id = scheduleIn(Duration.ofHours(1));
    lose();
    assertThat(StreamScheduler.of(through).list(fixture.tenant, TOPIC, 10))
        .extracting(ScheduledMessage::id)
        .containsExactly(id);
  }

  private void promote() {
    scheduleIn(Duration.ZERO);
    lose();
    try (SchedulePromoter promoter =
        SchedulePromoter.builder(through).topic(fixture.tenant, TOPIC).build()) {
      promoter.start();
      await().atMost(SOON).until(() -> scheduled() == 0 && proxy.droppedReplies() == 1);
      scheduleIn(Duration.ZERO);
      await().atMost(SOON).until(() -> scheduled() == 0);
    }
    assertThat(Replies.number(fixture.run("XLEN", fixture.stream()))).isEqualTo(2);
  }

  private void tail() {
    List<MessageId> ids = fixture.send(3);
    lose();
    try (StreamTail<String> tail =
        StreamReader.of(through).tail(fixture.tenant, fixture.topic, StreamPosition.beginning())) {
      List<TailEvent<String>> events = tail.poll(Duration.ofSeconds(10));
      assertThat(events).allSatisfy(e -> assertThat(e).isInstanceOf(StreamMessage.class));
      assertThat(events.stream().map(e -> ((StreamMessage<String>) e).id())).isEqualTo(ids);
    }
  }

  private void commit() throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(through)
                .transactional(
                    (message, transaction) -> transaction.state("sums").increment("all", 1)));
    fixture.send("first");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    lose();
    fixture.send("second");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    assertThat(StateStore.of(fixture.redis).get(fixture.tenant, "sums", "all")).contains("2");
    assertThat(worker.stats().failed()).isZero();
    assertThat(fixture.pending()).isZero();
  }
}
