package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.ModuleScripts;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A group is destroyed, and made again by members of which some know what was pending and others do
 * not, step by step in the order that is worst.
 */
@RedisTest
class GroupRestoreIT {
  private final RedisConnection redis;
  private final Tenant tenant;

  GroupRestoreIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = RedisConnection.connect(server.url());
    this.tenant = Tenant.of(tenant);
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private ToldMember member(String name) {
    return member(name, StartPosition.BEGINNING);
  }

  private ToldMember member(String name, StartPosition start) {
    return new ToldMember(redis, tenant, name, start);
  }

  private String key() {
    return KeyLayout.plain().stream(tenant, "orders").stream().text();
  }

  private @Nullable Object run(String... words) {
    Command command = Command.of(words[0]);
    for (int i = 1; i < words.length; i++) {
      command.arg(words[i]);
    }
    return redis.commands().execute(command);
  }

  private List<String> add(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(Replies.text(run("XADD", key(), "*", "data", "d")));
    }
    return ids;
  }

  private void read(String consumer) {
    run("XREADGROUP", "GROUP", "g", consumer, "STREAMS", key(), ">");
  }

  private void destroy() {
    run("XGROUP", "DESTROY", key(), "g");
  }

  /** Who has which entry. */
  private Map<String, String> pending() {
    Map<String, String> owners = new TreeMap<>();
    for (Object row : Replies.list(run("XPENDING", key(), "g", "-", "+", "1000"))) {
      List<@Nullable Object> parts = Replies.list(row);
      owners.put(Replies.text(parts.get(0)), Replies.text(parts.get(1)));
    }
    return owners;
  }

  private Map<String, String> orphaned(List<String> ids) {
    Map<String, String> owners = new TreeMap<>();
    ids.forEach(id -> owners.put(id, ConsumerName.ORPHANED));
    return owners;
  }

  private List<DeadLetter> dead() {
    return DeadLetters.of(redis).list(tenant, "orders", "g", 100);
  }

  @Test
  void whatADeadMemberHeldComesBackAlthoughANewMemberMarkedTheGroupFirst() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.look();
    destroy();
    member("new").establish();
    assertThat(run("XGROUP", "SETID", key(), "g", ids.get(2))).isNotNull(); // as if it had read on
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids));
  }

  @Test
  void whatANewMemberPassesOverComesBack() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(40);
    destroy();
    member("new", StartPosition.NOW).establish();
    assertThat(pending()).isEmpty();
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids));
  }

  @Test
  void whatAGroupThatWasMadeAgainByHandPassesOverComesBack() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(2);
    destroy();
    run("XGROUP", "CREATE", key(), "g", "$");
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids));
  }

  @Test
  void whatWasHandledSinceDoesNotComeBackForEachMemberThatKnew() {
    ToldMember first = member("first").establish();
    ToldMember second = member("second").establish();
    List<String> ids = add(3);
    read("dead");
    first.look();
    second.look();
    destroy();
    member("new").establish();
    first.establish();
    assertThat(pending()).isEqualTo(orphaned(ids));
    ids.forEach(id -> run("XACK", key(), "g", id));
    second.establish();
    assertThat(pending()).isEmpty();
    assertThat(second.stream.mark()).isEqualTo(first.stream.mark()).isNotEmpty();
  }

  @Test
  void aGroupThatIsLostTwiceIsRestoredTwice() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.look();
    for (int i = 0; i < 2; i++) {
      destroy();
      member("new" + i).establish();
      knows.establish();
      assertThat(pending()).isEqualTo(orphaned(ids));
    }
  }

  @Test
  void whatOthersHeldAndHasNoDataIsReportedOnce() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.look();
    run("XDEL", key(), ids.get(0), ids.get(2));
    destroy();
    EntryId known = Objects.requireNonNull(knows.stream.position());
    String mark = knows.stream.mark();
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids.subList(1, 2)));
    assertThat(dead()).extracting(DeadLetter::reason).containsOnly(DeadLetterReason.PAYLOAD_LOST);
    assertThat(dead())
        .extracting(letter -> letter.originalId().value())
        .containsExactly(ids.get(0), ids.get(2));
    assertThat(knows.stream.counters().lost.sum()).isEqualTo(2);
    // As if the group had been replaced meanwhile, so that it had to begin anew.
    destroy();
    knows.stream.mark(mark);
    knows.stream.reset(known);
    knows.establish();
    assertThat(dead()).hasSize(2);
  }

  @Test
  void aReportWhoseReplyIsLostIsMadeOnce(FaultProxy proxy) {
    try (RedisConnection through = RedisConnection.connect(proxy.url())) {
      ToldMember knows =
          new ToldMember(through, tenant, "knows", StartPosition.BEGINNING).establish();
      List<String> ids = add(3);
      read("dead");
      knows.look();
      run("XDEL", key(), ids.get(0), ids.get(2));
      destroy();
      ModuleScripts.loseReplyOf("group/report.lua", proxy);
      knows.establish();
      assertThat(proxy.droppedReplies()).isEqualTo(1);
      assertThat(pending()).isEqualTo(orphaned(ids.subList(1, 2)));
      assertThat(dead())
          .extracting(letter -> letter.originalId().value())
          .containsExactly(ids.get(0), ids.get(2));
    }
  }

  @Test
  void whatAFlushTookFromOthersIsReported() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(150);
    read("dead");
    knows.look();
    run("DEL", key(), KeyLayout.plain().stream(tenant, "orders").trim().text());
    knows.establish();
    // It lists a bounded part of what others hold.
    assertThat(dead())
        .extracting(letter -> letter.originalId().value())
        .containsExactlyElementsOf(ids.subList(0, GroupCommands.PAGE));
    assertThat(knows.stream.counters().lost.sum()).isEqualTo(GroupCommands.PAGE);
  }

  @Test
  void whatWasAcknowledgedBeforeItWasTrimmedIsNotReported() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.look();
    run("XACK", key(), "g", ids.get(0), ids.get(1));
    assertThat(StreamAdmin.of(redis).trim(tenant, "orders", Trimming.acknowledged()).removed())
        .isEqualTo(2);
    run("XDEL", key(), ids.get(2));
    destroy();
    knows.establish();
    assertThat(dead())
        .extracting(letter -> letter.originalId().value())
        .containsExactly(ids.get(2));
  }

  @Test
  void deadLettersThatCannotBeWrittenKeepNobodyFromGoingOn() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(2);
    read("dead");
    knows.look();
    run("XDEL", key(), ids.get(0));
    run("SET", knows.stream.dead().text(), "in the way");
    destroy();
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids.subList(1, 2)));
    assertThat(knows.stream.counters().lost.sum()).isEqualTo(1);
    assertThat(knows.stream.mark()).isNotEmpty();
  }

  @Test
  void nothingIsTrimmedBeforeEverythingIsGivenBack() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.look();
    run("XGROUP", "CREATE", key(), "other", "$");
    StreamAdmin admin = StreamAdmin.of(redis);
    destroy();
    assertThat(admin.trim(tenant, "orders", Trimming.acknowledged()).removed()).isZero();
    run("XGROUP", "CREATE", key(), "g", ids.get(2));
    assertThat(admin.trim(tenant, "orders", Trimming.acknowledged()).removed()).isZero();
    member("new").establish();
    assertThat(admin.trim(tenant, "orders", Trimming.acknowledged()).removed()).isZero();
    knows.establish();
    assertThat(pending()).isEqualTo(orphaned(ids));
    assertThat(admin.trim(tenant, "orders", Trimming.acknowledged()).removed()).isZero();
  }
}
