package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.entry.ReplayFormat;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class DeadLettersIT {
  private static final String TOPIC = "orders";

  private final Fixture fixture;
  private final DeadLetters letters;

  DeadLettersIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.letters = fixture.deadLetters;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private MessageId bury(String originalId, DeadLetterReason reason, int replays, String payload) {
    return MessageId.of(
        Replies.text(
            fixture.run(
                "XADD",
                fixture.keys().dead().text(),
                "*",
                "original_stream",
                fixture.stream(),
                "original_id",
                originalId,
                "original_group",
                GROUP,
                "reason",
                reason.name(),
                "moved_at",
                "1",
                "deliveries",
                "5",
                "consumer",
                "c",
                "exception",
                "",
                "replays",
                Integer.toString(replays),
                "field:type",
                "test",
                "field:data",
                payload)));
  }

  private List<MessageId> bury(int count) {
    List<MessageId> ids = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      ids.add(bury(i + "-0", DeadLetterReason.REJECTED, 0, "m" + i));
    }
    return ids;
  }

  private List<MessageId> idsOf(List<DeadLetter> some) {
    return some.stream().map(DeadLetter::id).toList();
  }

  private List<ReplayFormat.Replayed> replayed() {
    String stream = fixture.keys().replay().stream().text();
    return Replies.list(fixture.run("XRANGE", stream, "-", "+")).stream()
        .map(entry -> ReplayFormat.read(RawEntry.of(entry)))
        .toList();
  }

  private List<String> replayedIds() {
    return replayed().stream().map(entry -> entry.original().id().toString()).toList();
  }

  @Test
  void pagesThroughLettersFromEitherEnd() {
    List<MessageId> ids = bury(5);
    List<MessageId> reversed = new ArrayList<>(ids);
    Collections.reverse(reversed);

    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(5);
    List<DeadLetter> first = letters.list(fixture.tenant, TOPIC, GROUP, 2);
    assertThat(idsOf(first)).isEqualTo(ids.subList(0, 2));
    MessageId last = first.get(1).id();
    assertThat(idsOf(letters.listAfter(fixture.tenant, TOPIC, GROUP, last, 10)))
        .isEqualTo(ids.subList(2, 5));
    assertThat(letters.listAfter(fixture.tenant, TOPIC, GROUP, ids.get(4), 10)).isEmpty();
    List<DeadLetter> newest = letters.listNewest(fixture.tenant, TOPIC, GROUP, 2);
    assertThat(idsOf(newest)).isEqualTo(reversed.subList(0, 2));
    letters.discard(fixture.tenant, TOPIC, GROUP, reversed.get(1));
    assertThat(idsOf(letters.listBefore(fixture.tenant, TOPIC, GROUP, reversed.get(1), 10)))
        .isEqualTo(reversed.subList(2, 5));
  }

  @Test
  void findsALetterByItsIdAndByTheIdOfItsMessage() {
    List<MessageId> ids = bury(120);

    assertThat(letters.find(fixture.tenant, TOPIC, GROUP, ids.get(7)))
        .hasValueSatisfying(
            letter -> {
              assertThat(letter.originalId()).isEqualTo(MessageId.of("8-0"));
              assertThat(letter.message(fixture.tenant, fixture.topic).payload()).isEqualTo("m8");
            });
    assertThat(letters.find(fixture.tenant, TOPIC, GROUP, MessageId.of("8-0"))).isEmpty();
    assertThat(letters.findOriginal(fixture.tenant, TOPIC, GROUP, MessageId.of("118-0")))
        .map(DeadLetter::id)
        .hasValue(ids.get(117));
    assertThat(letters.findOriginal(fixture.tenant, TOPIC, GROUP, ids.get(7))).isEmpty();
  }

  @Test
  void aReplayedLetterGoesToItsGroupAloneAsItWas() {
    fixture.createGroup();
    MessageId id = bury("7-1", DeadLetterReason.MAX_DELIVERIES, 2, "m");
    fixture.run(
        "XADD", fixture.keys().dead().text(), "*", "original_id", "9-9", "field:data", "other");

    letters.replay(fixture.tenant, TOPIC, GROUP, id);

    assertThat(letters.find(fixture.tenant, TOPIC, GROUP, id)).isEmpty();
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(1);
    assertThat(fixture.run("XLEN", fixture.stream())).isEqualTo(0L);
    assertThat(replayed())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.replays()).isEqualTo(3);
              assertThat(entry.original().id()).hasToString("7-1");
              assertThat(entry.original().fields())
                  .extracting(field -> new String(field, UTF_8))
                  .containsExactly("type", "test", "data", "m");
            });
    Object read =
        fixture.run(
            "XREADGROUP",
            "GROUP",
            GROUP,
            "somebody",
            "STREAMS",
            fixture.keys().replay().stream().text(),
            ">");
    assertThat(Replies.pairs(read)).hasSize(1);
  }

  @Test
  void whatIsNotThereIsRefusedAtTheCall() {
    MessageId id = bury("7-1", DeadLetterReason.REJECTED, 0, "m");
    letters.replay(fixture.tenant, TOPIC, GROUP, id);
    MessageId lost =
        MessageId.of(
            Replies.text(
                fixture.run(
                    "XADD",
                    fixture.keys().dead().text(),
                    "*",
                    "original_id",
                    "8-0",
                    "reason",
                    "PAYLOAD_LOST")));

    assertThatThrownBy(() -> letters.replay(fixture.tenant, TOPIC, GROUP, id))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(
            "dead letter id was '%s': must be one of the dead letters of %s", id, fixture.keys());
    assertThatThrownBy(() -> letters.discard(fixture.tenant, TOPIC, GROUP, id))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> letters.replay(fixture.tenant, TOPIC, "others", id))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> letters.replay(fixture.tenant, TOPIC, GROUP, MessageId.of("nine")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("<milliseconds>-<number>");
    assertThatThrownBy(() -> letters.replay(fixture.tenant, TOPIC, GROUP, lost))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("its data was lost");
    assertThatThrownBy(() -> letters.list(fixture.tenant, TOPIC, GROUP, 0))
        .isInstanceOf(InvalidValueException.class);
    assertThat(replayed()).hasSize(1);
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(1);
    assertThat(fixture.run("EXISTS", fixture.stream() + ":group:others:replay")).isEqualTo(0L);
  }

  @Test
  void replaysAllButWhatFailedTooOftenOrHasNoData() {
    bury(120);
    bury("200-0", DeadLetterReason.MAX_DELIVERIES, 3, "often");
    bury("201-0", DeadLetterReason.MAX_DELIVERIES, 2, "less often");
    fixture.run("XADD", fixture.keys().dead().text(), "*", "reason", "PAYLOAD_LOST");
    ReplayOptions options = ReplayOptions.defaults().mostReplays(3).perSecond(100_000);

    ReplayResult dry = letters.replayAll(fixture.tenant, TOPIC, GROUP, options.dryRun());
    assertThat(dry).isEqualTo(new ReplayResult(121, 1, 1, 0, 0, true));
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(123);

    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP, options)).isEqualTo(dry);
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(2);
    assertThat(replayedIds()).hasSize(121).startsWith("1-0", "2-0").endsWith("120-0", "201-0");
  }

  @Test
  void replaysByFilterReasonAndLimit() {
    bury(10);
    bury("200-0", DeadLetterReason.NOT_READABLE, 0, "x");
    ReplayOptions byReason = ReplayOptions.defaults().where(DeadLetterReason.NOT_READABLE);
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP, byReason).replayed()).isEqualTo(1);
    assertThat(replayedIds()).containsExactly("200-0");

    ReplayOptions some =
        ReplayOptions.defaults()
            .where(letter -> !letter.originalId().value().equals("2-0"))
            .limit(3);
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP, some).replayed()).isEqualTo(3);
    assertThat(replayedIds()).containsExactly("200-0", "1-0", "3-0", "4-0");
  }

  @Test
  void aLetterThatComesBackDuringARunIsNotReplayedAgainByIt() {
    bury(60);
    Predicate<DeadLetter> givesUpAtOnce =
        letter -> {
          bury(letter.originalId().value(), DeadLetterReason.REJECTED, 1, "again");
          return true;
        };
    ReplayResult result =
        letters.replayAll(
            fixture.tenant,
            TOPIC,
            GROUP,
            ReplayOptions.defaults().where(givesUpAtOnce).perSecond(100_000));
    assertThat(result.replayed()).isEqualTo(60);
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(60);
  }

  @Test
  void replaysNoFasterThanAskedForAndStopsWhenInterrupted() throws Exception {
    bury(30);
    long begin = System.nanoTime();
    ReplayOptions slow = ReplayOptions.defaults().perSecond(20);
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP, slow.limit(11)).replayed())
        .isEqualTo(11);
    assertThat(System.nanoTime() - begin).isGreaterThan(Duration.ofMillis(490).toNanos());

    Thread.currentThread().interrupt();
    ReplayResult result = letters.replayAll(fixture.tenant, TOPIC, GROUP, slow);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(result.complete()).isFalse();
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(19);
  }

  @Test
  void discardsOneSomeOrAll() {
    List<MessageId> ids = bury(120);
    letters.discard(fixture.tenant, TOPIC, GROUP, ids.get(0));
    Predicate<DeadLetter> even = letter -> letter.originalId().value().matches("\\d*[02468]-0");
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP, even)).isEqualTo(60);
    assertThat(letters.discardAll(fixture.tenant, TOPIC, GROUP, even))
        .isEqualTo(new DiscardResult(60, 0, 0, true));
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isEqualTo(59);
    assertThat(letters.discardAll(fixture.tenant, TOPIC, GROUP).discarded()).isEqualTo(59);
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isZero();
  }

  @Test
  void keepsWhatTheRetentionKeeps() {
    for (int i = 0; i < 2_500; i++) {
      fixture.run("XADD", fixture.keys().dead().text(), (1_000 + i) + "-0", "field:data", "old");
    }
    List<MessageId> ids = bury(5);

    assertThat(trim(DeadLetterRetention.forever())).isZero();
    assertThat(trim(DeadLetterRetention.forever().maxCount(2_400))).isEqualTo(105);
    assertThat(trim(DeadLetterRetention.forever().maxAge(Duration.ofHours(1)))).isEqualTo(2_395);
    assertThat(trim(DeadLetterRetention.forever().maxCount(3).maxAge(Duration.ofHours(1))))
        .isEqualTo(2);
    assertThat(idsOf(fixture.dead())).isEqualTo(ids.subList(2, 5));
    assertThat(trim(DeadLetterRetention.forever().maxCount(0))).isEqualTo(3);
  }

  private long trim(DeadLetterRetention retention) {
    return letters.trim(fixture.tenant, TOPIC, GROUP, retention);
  }

  @Test
  void garbageAmongTheLettersHidesNoOther() {
    Command garbage = Command.of("XADD").key(fixture.keys().dead()).arg("*").arg("original_id");
    byte[] bytes = {0, (byte) 0xff, '\n', 0x7f};
    for (String name : List.of("replays", "moved_at", "reason", "packed_fields", "field:")) {
      garbage.arg(bytes).arg(name);
    }
    fixture.redis.commands().execute(garbage.arg(bytes).arg(bytes).arg(bytes));
    bury(1);

    assertThat(fixture.dead()).extracting(DeadLetter::replays).containsExactly(0L, 0L);
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP).replayed()).isEqualTo(2);
    assertThat(replayedIds()).hasSize(2).endsWith("1-0");
  }

  @Test
  void theWidestEntriesAreReplayedWhole() {
    Command wide = Command.of("XADD").key(fixture.keys().dead()).arg("*").arg("original_id");
    wide.arg("5-0");
    for (int i = 0; i < 2_000; i++) {
      wide.arg("field:f" + i).arg("v" + i);
    }
    fixture.redis.commands().execute(wide);
    fixture.run(
        "XADD",
        fixture.keys().dead().text(),
        "*",
        "original_id",
        "6-0",
        "packed_fields",
        "1:a2:bc");

    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP).replayed()).isEqualTo(2);
    assertThat(replayed().get(0).original().toMap(0)).hasSize(2_000).containsKey("f1999");
    assertThat(replayed().get(1).original().value("a".getBytes(UTF_8))).asString().isEqualTo("bc");
  }

  @Test
  void largeLettersAreReplayedInSeveralSteps() {
    String large = "x".repeat(700_000);
    for (int i = 1; i <= 5; i++) {
      bury(i + "-0", DeadLetterReason.REJECTED, 0, large);
    }
    assertThat(letters.replayAll(fixture.tenant, TOPIC, GROUP).replayed()).isEqualTo(5);
    assertThat(replayedIds()).containsExactly("1-0", "2-0", "3-0", "4-0", "5-0");
    // The note of what a call did tells how much it did.
    String pattern = fixture.keys().toString() + ":receipt:*";
    assertThat(Replies.list(fixture.run("KEYS", pattern))).hasSize(3);
  }

  @Test
  void aLostReplyRepeatsNothingAndIsTruthful(FaultProxy proxy) {
    DeadLetters through = DeadLetters.of(fixture.connection(proxy.url()));
    List<MessageId> ids = bury(40);
    through.replay(fixture.tenant, TOPIC, GROUP, ids.get(0));
    through.discard(fixture.tenant, TOPIC, GROUP, ids.get(1));

    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    through.replay(fixture.tenant, TOPIC, GROUP, ids.get(2));
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    through.discard(fixture.tenant, TOPIC, GROUP, ids.get(3));
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    assertThat(through.replayAll(fixture.tenant, TOPIC, GROUP, ReplayOptions.defaults().limit(20)))
        .isEqualTo(new ReplayResult(20, 0, 0, 0, 0, true));
    proxy.executeButDropReply(line -> line.startsWith("EVAL"));
    assertThat(through.discardAll(fixture.tenant, TOPIC, GROUP))
        .isEqualTo(new DiscardResult(16, 0, 0, true));

    assertThat(proxy.droppedReplies()).isEqualTo(4);
    assertThat(replayedIds()).hasSize(22).doesNotHaveDuplicates();
    assertThat(letters.count(fixture.tenant, TOPIC, GROUP)).isZero();
  }

  @Test
  void severalReplaysAtOnceReplayEachLetterOnce() throws Exception {
    bury(300);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<ReplayResult>> runs = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        runs.add(
            threads.submit(
                () ->
                    letters.replayAll(
                        fixture.tenant,
                        TOPIC,
                        GROUP,
                        ReplayOptions.defaults().perSecond(100_000))));
      }
      long replayed = 0;
      for (Future<ReplayResult> run : runs) {
        replayed += run.get().replayed();
      }
      assertThat(replayed).isEqualTo(300);
    } finally {
      threads.shutdownNow();
    }
    Set<String> ids = new TreeSet<>(replayedIds());
    assertThat(replayedIds()).hasSize(300);
    assertThat(ids).hasSize(300);
  }

  @Test
  void whatAWorkerGivesUpCanBeReadAndReplayed() throws Exception {
    MessageId id = fixture.send("broken");
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              throw new IllegalStateException("no");
            },
            options -> options.retry(RetryPolicy.none()));
    await().atMost(Fixture.SOON).until(() -> worker.stats().deadLettered() == 1);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.replays()).isZero();
    fixture.run("DEL", fixture.stream());

    letters.replay(fixture.tenant, TOPIC, GROUP, letter.id());
    assertThat(replayedIds()).containsExactly(id.value());
    assertThat(replayed().get(0).original().toMap(0).keySet().stream().collect(Collectors.toSet()))
        .contains("type", "data");
  }
}
