package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.Deletion;
import dev.tandem.streams.GroupLoss;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A member makes a lost group again and dies before it has given everything back to it; only
 * members that know of nothing are left, and begin with what is new.
 */
@RedisTest(dedicated = true)
class HalfRestoredGroupIT {
  private final RedisConnection redis;
  private final RedisServer server;
  private Tenant tenant;
  private StreamKeys keys;

  HalfRestoredGroupIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.redis = RedisConnection.connect(server.url());
    this.tenant = Tenant.of(tenant);
    this.keys = KeyLayout.plain().stream(this.tenant, "orders");
  }

  @AfterEach
  void close() {
    server.execute("CONFIG", "SET", "maxmemory", "0");
    redis.close();
  }

  /** Where a member is when it dies. */
  private static final class Dead extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Executes so many commands, and no more. */
  private static final class Cut implements CommandExecutor {
    private final CommandExecutor to;
    private int left;

    Cut(CommandExecutor to, int commands) {
      this.to = to;
      this.left = commands;
    }

    @Override
    public @Nullable Object execute(Command command) {
      if (left-- <= 0) {
        throw new Dead();
      }
      return to.execute(command);
    }

    @Override
    public List<@Nullable Object> executeAll(List<Command> commands) {
      throw new AssertionError("not used to give anything back");
    }
  }

  private ToldMember member(String name) {
    return new ToldMember(redis, tenant, name, StartPosition.NOW);
  }

  private String key() {
    return keys.stream().text();
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

  private Set<String> pending() {
    Set<String> ids = new TreeSet<>();
    for (Object row : Replies.list(run("XPENDING", key(), "g", "-", "+", "1000"))) {
      ids.add(Replies.text(Replies.list(row).get(0)));
    }
    return ids;
  }

  private boolean isMarked() {
    return Replies.list(run("XINFO", "CONSUMERS", key(), "g")).stream()
        .map(info -> Replies.text(Replies.map(info).get("name")))
        .anyMatch(name -> name.startsWith(ConsumerName.MARK_PREFIX));
  }

  private String note() {
    Object value = run("HGET", keys.trim().text(), "restoring:g");
    return value == null ? "" : Replies.text(value);
  }

  /** As if who gives back to the group had last been heard of so long ago. */
  private void noteIsFrom(Duration ago) {
    String[] words = note().split(" ");
    words[3] = Long.toString(redis.serverTime().minus(ago).toEpochMilli());
    run("HSET", keys.trim().text(), "restoring:g", String.join(" ", words));
  }

  private void isToldToWait(ToldMember member) {
    assertThatThrownBy(member::establish)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.SERVER_BUSY);
              assertThat(e.retryable()).isTrue();
            })
        .hasMessageContaining("gives back");
  }

  private long trimmed() {
    return StreamAdmin.of(redis).trim(tenant, "orders", Trimming.acknowledged()).removed();
  }

  /** Knows of entries that it holds, that others held, and of which it knows nothing. */
  private ToldMember knowing(Set<String> expected) {
    ToldMember knows = member("knows").establish();
    String done = add(1).get(0);
    read("other");
    run("XACK", key(), "g", done);
    List<String> others = add(3);
    read("other");
    knows.look();
    List<String> held = add(150);
    read("knows");
    knows.holds(held);
    List<String> unknown = add(40);
    read("other");
    knows.stream.advance(EntryId.parse(unknown.get(39)));
    List<String> waiting = add(2);
    read(ConsumerName.PARKED);
    long later = redis.serverTime().plusSeconds(600).toEpochMilli();
    String due = keys.group("g").due().text();
    waiting.forEach(id -> run("ZADD", due, Long.toString(later), id));
    knows.stream.advance(EntryId.parse(waiting.get(1)));
    List.of(others, held, unknown, waiting).forEach(expected::addAll);
    return knows;
  }

  enum Loss {
    ONCE,
    AGAIN,
    MADE_BY_HAND
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLostWhereverWhoGivesItBackDies(Loss loss) {
    String name = tenant.name();
    boolean died = true;
    int commands = 0;
    while (died) {
      commands++;
      tenant = Tenant.of(name + "-" + loss.name() + "-" + commands);
      keys = KeyLayout.plain().stream(tenant, "orders");
      Set<String> expected = new TreeSet<>();
      ToldMember knows = knowing(expected);
      destroy();
      if (loss == Loss.MADE_BY_HAND) {
        run("XGROUP", "CREATE", key(), "g", "$");
      }
      died = dies(knows, commands);
      if (died && loss == Loss.AGAIN) {
        destroy();
      }
      ToldMember fresh = member("fresh");
      if (died && !note().isEmpty()) {
        isToldToWait(fresh);
        noteIsFrom(Duration.ofSeconds(11));
        // Who finishes it may die as well.
        assertThat(dies(fresh, 4)).isTrue();
        fresh = member("fresher");
        isToldToWait(fresh);
        noteIsFrom(Duration.ofSeconds(11));
      }
      fresh.establish();
      assertThat(pending()).as("after %d commands", commands).isEqualTo(expected);
      assertThat(isMarked()).isTrue();
      assertThat(note()).isEmpty();
      assertThat(fresh.stream.mark()).isNotEmpty();
      // Nothing comes once more for who meets it now.
      run("XACK", key(), "g", expected.iterator().next());
      int left = expected.size() - 1;
      member("last").establish();
      assertThat(pending()).hasSize(left);
    }
    assertThat(commands).isGreaterThan(8);
  }

  @Test
  void whoKnowsAsMuchDoesNotWaitAndFinishesItWithoutRepeatingAnything() {
    ToldMember first = member("first").establish();
    ToldMember second = member("second").establish();
    List<String> ids = add(3);
    read("other");
    run("XACK", key(), "g", ids.get(1));
    first.look();
    second.look();
    destroy();
    assertThat(dies(first, 1)).isTrue();
    assertThat(pending()).isEmpty();
    second.establish();
    assertThat(pending()).containsExactly(ids.get(0), ids.get(2));
    assertThat(note()).isEmpty();
    assertThat(isMarked()).isTrue();
    member("fresh").establish();
    first.establish();
    assertThat(pending()).containsExactly(ids.get(0), ids.get(2));
  }

  @Test
  void whoBeganItMayGoOnAtOnce() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("other");
    knows.look();
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    knows.establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
    assertThat(note()).isEmpty();
  }

  @Test
  void whoKnowsOfNothingDoesNotFinishWhatSomebodyBeganMeanwhile() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("other");
    knows.look();
    destroy();
    run("ZADD", keys.group("g").due().text(), "1", ids.get(0));
    ToldMember fresh = member("fresh");
    fresh.before("group/mark.lua", () -> assertThat(dies(knows, 1)).isTrue());
    isToldToWait(fresh);
    assertThat(isMarked()).isFalse();
    assertThat(note()).isNotEmpty();
    knows.establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
  }

  @Test
  void aGroupThatNeedsNothingBackIsWaitedForByNobody() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(2);
    read("other");
    run("XACK", key(), "g", ids.get(0), ids.get(1));
    knows.look();
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    assertThat(note()).isEmpty();
    List<String> next = add(1);
    member("fresh").establish();
    read("fresh");
    assertThat(pending()).containsExactlyElementsOf(next);
  }

  @Test
  void aClockThatWasSetBackMakesNobodyWaitForEver() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(1);
    read("other");
    knows.look();
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    noteIsFrom(Duration.ofHours(-1));
    member("fresh").establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
  }

  @Test
  void withoutMemoryForTheNoteThereIsNoGroup() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(1);
    read("other");
    knows.look();
    destroy();
    server.execute("CONFIG", "SET", "maxmemory", "1");
    assertThatThrownBy(knows::establish)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY));
    assertThat(Replies.list(run("XINFO", "GROUPS", key()))).isEmpty();
    server.execute("CONFIG", "SET", "maxmemory", "0");
    knows.establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
  }

  @Test
  void withoutMemoryAGroupThatWasMadeByHandGetsItsNoteAllTheSame() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(1);
    read("other");
    knows.look();
    destroy();
    run("XGROUP", "CREATE", key(), "g", "$");
    server.execute("CONFIG", "SET", "maxmemory", "1");
    assertThat(dies(knows, 1)).isTrue();
    assertThat(note()).startsWith(ids.get(0) + " " + ids.get(0) + " knows ");
    server.execute("CONFIG", "SET", "maxmemory", "0");
    noteIsFrom(Duration.ofSeconds(11));
    member("fresh").establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
  }

  @Test
  void somethingElseInPlaceOfTheAccountKeepsNobodyFromGoingOn() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(1);
    read("other");
    knows.look();
    destroy();
    run("SET", keys.trim().text(), "in the way");
    knows.establish();
    assertThat(pending()).containsExactlyElementsOf(ids);
    assertThat(isMarked()).isTrue();
  }

  /** As if the loss that trimming knows of had been long ago, and what is noted here a little. */
  private void timeGoesBy() {
    long at = redis.serverTime().minusSeconds(61).toEpochMilli();
    run("HSET", keys.trim().text(), "lost-at", Long.toString(at));
    noteIsFrom(Duration.ofSeconds(61));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsTrimmedThatIsStillToBeGivenBack(boolean lostAgain) {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(10);
    read("other");
    run("XACK", key(), "g", ids.get(0), ids.get(1));
    knows.look();
    run("XGROUP", "CREATE", key(), "done", "$");
    run("XGROUP", "CREATECONSUMER", key(), "done", ConsumerName.MARK_PREFIX + "1");
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    if (lostAgain) {
      destroy();
    }
    assertThat(trimmed()).isZero();
    timeGoesBy();
    assertThat(trimmed()).isEqualTo(2);
    assertThat(trimmed()).isZero();
    member("fresh").establish();
    assertThat(pending()).containsExactlyElementsOf(ids.subList(2, 10));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatNobodyComesBackToIsDroppedInTheEnd(boolean clockSetBack) {
    ToldMember knows = member("knows").establish();
    add(10);
    read("other");
    knows.look();
    run("XGROUP", "CREATE", key(), "done", "$");
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    destroy();
    assertThat(trimmed()).isZero();
    timeGoesBy();
    assertThat(trimmed()).isZero();
    Duration ago = Trimming.DEFAULT_ABANDONED_AFTER.plusSeconds(1);
    noteIsFrom(clockSetBack ? ago.plusMinutes(1).negated() : ago);
    assertThat(trimmed()).isEqualTo(10);
    assertThat(note()).isEmpty();
  }

  @Test
  void whatIsTrimmedAllTheSameIsCounted() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(10);
    read("other");
    run("XACK", key(), "g", ids.get(0), ids.get(1));
    knows.look();
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    assertThat(StreamAdmin.of(redis).trim(tenant, "orders", Trimming.byLength(5)).losses())
        .containsExactly(new GroupLoss("g", 3, 0));
  }

  @Test
  void aGroupThatIsDeletedOnPurposeIsForgotten() {
    ToldMember knows = member("knows").establish();
    add(1);
    read("other");
    knows.look();
    destroy();
    assertThat(dies(knows, 1)).isTrue();
    StreamAdmin.of(redis).deleteGroup(tenant, "orders", "g", Deletion.FORCED);
    assertThat(note()).isEmpty();
    member("fresh").establish();
    assertThat(pending()).isEmpty();
  }

  private boolean dies(ToldMember member, int commands) {
    try {
      member.establish(new Cut(redis.commands(), commands));
      return false;
    } catch (Dead e) {
      return true;
    }
  }
}
