package dev.tandem.streams.internal.group;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.MessageId;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.ModuleScripts;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.entry.ReplayFormat;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The scripts of a group on its replay stream. */
@RedisTest
class ReplayStreamIT {
  private final RedisConnection redis;
  private final Tenant tenant;
  private final GroupKeys keys;
  private final GroupStream source;
  private final GroupStream replay;
  private final LeaseCommands myLeases = new LeaseCommands("me");
  private final ClaimCommands myClaims = new ClaimCommands("me");

  ReplayStreamIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = RedisConnection.connect(server.url());
    this.tenant = Tenant.of(tenant);
    this.keys = KeyLayout.plain().stream(this.tenant, "orders").group("g");
    Counters counters = new Counters(redis.metrics(), "orders", "g");
    this.source = new GroupStream(this.tenant, keys, counters);
    this.replay = new GroupStream(this.tenant, keys.replay(), counters);
  }

  @BeforeEach
  void createGroup() {
    run("XGROUP", "CREATE", source.stream().text(), "g", "0", "MKSTREAM");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private @Nullable Object run(String... words) {
    Command command = Command.of(words[0]);
    for (int i = 1; i < words.length; i++) {
      command.arg(words[i]);
    }
    return redis.commands().execute(command);
  }

  private List<DeadLetter> dead() {
    return DeadLetters.of(redis).list(tenant, "orders", "g", 100);
  }

  private void replayAll() {
    assertThat(DeadLetters.of(redis).replayAll(tenant, "orders", "g").missing()).isZero();
  }

  /** What was read last, as it is stored. */
  private RawEntry stored = new RawEntry(EntryId.NONE, List.of());

  /** What "me" reads next. */
  private Lease read(GroupStream stream) {
    Object reply =
        run("XREADGROUP", "GROUP", "g", "me", "COUNT", "1", "STREAMS", stream.stream().text(), ">");
    Object entry = Replies.list(Replies.pairs(reply).get(0).value()).get(0);
    stored = RawEntry.of(entry);
    return new Lease(stream, stored, 1, System.nanoTime());
  }

  private void bury(Lease lease, DeadLetterReason reason) {
    Object buried = redis.commands().execute(myLeases.bury(lease, reason.name(), "error"));
    assertThat(buried).isEqualTo(1L);
  }

  private long pending(GroupStream stream) {
    return Replies.number(Replies.list(run("XPENDING", stream.stream().text(), "g")).get(0));
  }

  @Test
  void whatIsGivenUpAgainKeepsItsOriginAndCountsItsReplays() {
    String id = Replies.text(run("XADD", source.stream().text(), "*", "data", "d", "data", "e"));
    bury(read(source), DeadLetterReason.REJECTED);
    assertThat(dead()).extracting(DeadLetter::replays).containsExactly(0L);
    for (long round = 1; round <= 2; round++) {
      replayAll();
      Lease again = read(replay);
      ReplayFormat.Replayed replayed = ReplayFormat.read(stored);
      assertThat(replayed.replays()).isEqualTo(round);
      assertThat(replayed.id()).isEqualTo(again.id());
      assertThat(again.messageId()).hasToString(id);
      assertThat(replayed.original().id()).hasToString(id);
      assertThat(replayed.original().fields())
          .extracting(field -> new String(field, UTF_8))
          .containsExactly("data", "d", "data", "e");
      bury(again, DeadLetterReason.MAX_DELIVERIES);
      assertThat(dead())
          .singleElement()
          .satisfies(
              letter -> {
                assertThat(letter.originalId()).isEqualTo(MessageId.of(id));
                assertThat(letter.reason()).isEqualTo(DeadLetterReason.MAX_DELIVERIES);
                assertThat(letter.fields()).containsOnlyKeys("data");
              });
      assertThat(dead().get(0).replays()).isEqualTo(round);
      List<?> stored =
          Replies.list(Replies.list(run("XRANGE", keys.dead().text(), "-", "+")).get(0));
      assertThat(RawEntry.of(stored).value("original_stream".getBytes(UTF_8)))
          .asString()
          .isEqualTo(source.stream().text());
      assertThat(run("XLEN", replay.stream().text())).isEqualTo(0L);
      assertThat(pending(replay)).isZero();
    }
    assertThat(run("XLEN", source.stream().text())).isEqualTo(1L);
  }

  @Test
  void aVeryWideEntryStaysPacked() {
    Command wide = Command.of("XADD").key(source.stream()).arg("*");
    for (int i = 0; i < 3_000; i++) {
      wide.arg("f" + i).arg("v" + i);
    }
    redis.commands().execute(wide);
    bury(read(source), DeadLetterReason.REJECTED);
    replayAll();
    Lease again = read(replay);
    assertThat(stored.fields()).hasSize(8);
    assertThat(again.entry().fields()).hasSize(6_000);
    assertThat(ReplayFormat.read(stored).original().fields()).hasSize(6_000);
    bury(again, DeadLetterReason.REJECTED);
    assertThat(dead().get(0).fields()).hasSize(3_000).containsKeys("f0", "f2999");
  }

  @Test
  void aSweepBuriesAndTakesOverReplayedMessagesToo() {
    run("XADD", source.stream().text(), "1-1", "data", "poison");
    run("XADD", source.stream().text(), "1-2", "data", "fine");
    bury(read(source), DeadLetterReason.REJECTED);
    bury(read(source), DeadLetterReason.REJECTED);
    replayAll();
    Lease poison = read(replay);
    read(replay);
    run(
        "XCLAIM",
        replay.stream().text(),
        "g",
        "dead",
        "0",
        poison.id().toString(),
        "IDLE",
        "60000",
        "RETRYCOUNT",
        "5",
        "JUSTID");
    ClaimCommands.Swept swept =
        myClaims.sweep(redis.commands(), replay, Duration.ofSeconds(30), 5, "", "-", 10, false);
    assertThat(swept.buried()).isEqualTo(1);
    assertThat(dead())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.originalId()).isEqualTo(MessageId.of("1-1"));
              assertThat(letter.replays()).isEqualTo(1);
            });
  }

  @Test
  void anEntryOfTheSourceThatLooksReplayedIsTakenAsItIs() {
    run(
        "XADD",
        source.stream().text(),
        "5-5",
        "original_id",
        "9-9",
        "original_stream",
        "s",
        "replays",
        "3");
    bury(read(source), DeadLetterReason.NOT_READABLE);
    assertThat(dead())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.originalId()).isEqualTo(MessageId.of("5-5"));
              assertThat(letter.replays()).isZero();
              assertThat(letter.fields()).containsKeys("original_id", "original_stream", "replays");
            });
  }

  @Test
  void whatSomebodyElseWroteToTheReplayStreamIsAMessageOfItsOwn() {
    run("XGROUP", "CREATE", replay.stream().text(), "g", "0", "MKSTREAM");
    run("XADD", replay.stream().text(), "5-5", "data", "d");
    Lease lease = read(replay);
    assertThat(ReplayFormat.read(lease.entry()).original()).isSameAs(lease.entry());
    bury(lease, DeadLetterReason.REJECTED);
    assertThat(dead()).extracting(DeadLetter::originalId).containsExactly(MessageId.of("5-5"));
  }

  @Test
  void whatIsCommittedIsDeletedWithIt() {
    String id = Replies.text(run("XADD", source.stream().text(), "*", "data", "d"));
    bury(read(source), DeadLetterReason.REJECTED);
    replayAll();
    Lease again = read(replay);
    Command commit =
        ModuleScripts.of("transaction/commit.lua")
            .call(replay.stream())
            .arg("g")
            .arg("me")
            .arg(again.id().toString())
            .arg(again.deliveries())
            .arg("")
            .arg(1);
    assertThat(redis.commands().execute(commit)).isEqualTo(1L);
    assertThat(pending(replay)).isZero();
    assertThat(run("XLEN", replay.stream().text())).isEqualTo(0L);
    assertThat(run("XLEN", source.stream().text())).isEqualTo(1L);
    assertThat(again.messageId()).hasToString(id);
  }
}
