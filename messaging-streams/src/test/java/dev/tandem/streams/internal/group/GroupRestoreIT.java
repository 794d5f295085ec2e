package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.ModuleScripts;
import dev.tandem.streams.Settlement;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A group is destroyed, and made again by members of which some know what was pending and others do
 * not, step by step in the order that is worst.
 */
@RedisTest
class GroupRestoreIT {
  private static final Duration SOON = Duration.ofSeconds(60);

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
    knows.lookLater();
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
  void whatTwoMembersReportAtATimeIsReportedOnce() {
    ToldMember second = member("second").establish();
    List<String> ids = add(3);
    read("dead");
    second.lookLater();
    List<ToldMember> other = new ArrayList<>(List.of(second));
    ToldMember first = member("first");
    first.before("group/mark.lua", () -> other.remove(0).establish());
    first.establish();
    first.lookLater();
    run("XDEL", key(), ids.get(0), ids.get(2));
    destroy();
    first.establish();
    assertThat(other).isEmpty();
    assertThat(dead())
        .extracting(letter -> letter.originalId().value())
        .containsExactlyInAnyOrder(ids.get(0), ids.get(2));
  }

  @Test
  void aReportWhoseReplyIsLostIsMadeOnce(FaultProxy proxy) {
    try (RedisConnection through = RedisConnection.connect(proxy.url())) {
      ToldMember knows =
          new ToldMember(through, tenant, "knows", StartPosition.BEGINNING).establish();
      List<String> ids = add(3);
      read("dead");
      knows.lookLater();
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
    knows.lookLater();
    run("DEL", key(), KeyLayout.plain().stream(tenant, "orders").trim().text());
    knows.establish();
    // It lists a bounded part of what others hold.
    assertThat(dead())
        .extracting(letter -> letter.originalId().value())
        .containsExactlyElementsOf(ids.subList(0, GroupCommands.PAGE));
    assertThat(knows.stream.counters().lost.sum()).isEqualTo(GroupCommands.PAGE);
  }

  /** As if the server had been flushed. */
  private void flush() {
    run("DEL", key(), KeyLayout.plain().stream(tenant, "orders").trim().text());
  }

  private List<String> reported() {
    return dead().stream()
        .peek(letter -> assertThat(letter.reason()).isEqualTo(DeadLetterReason.PAYLOAD_LOST))
        .map(letter -> letter.originalId().value())
        .toList();
  }

  /** A member of which nobody expects to hear again after a moment, nor it of others. */
  private ToldMember impatient(String name) {
    return new ToldMember(redis, tenant, name, StartPosition.BEGINNING, Duration.ofMillis(1));
  }

  /** Two entries that a live member holds, of which another knows, and which are flushed then. */
  private List<String> flushed(ToldMember holder, ToldMember knows) {
    return flushed(2, holder, knows, true);
  }

  private List<String> flushed(int count, ToldMember holder, ToldMember knows, boolean holdsStill) {
    knows.establish();
    holder.establish();
    List<String> ids = add(count);
    read(holder.name());
    if (holdsStill) {
      holder.holds(ids);
    }
    knows.look();
    flush();
    return ids;
  }

  private void promoteUntilNothingIsDue(ToldMember member) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              member.promote();
              return Objects.equals(run("EXISTS", member.stream.due().text()), 0L);
            });
  }

  @Test
  void whatItsHolderSettlesBeforeItIsDueIsNotReported() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    flushed(holder, knows);
    knows.establish();
    assertThat(holder.settle()).containsExactly(true, true);
    promoteUntilNothingIsDue(knows);
    assertThat(holder.settle()).containsExactly(true, true);
    assertThat(dead()).isEmpty();
  }

  @Test
  void whatIsSettledWithALostReplyIsSettledOnce(FaultProxy proxy) {
    try (RedisConnection through = RedisConnection.connect(proxy.url())) {
      ToldMember knows = impatient("knows");
      ToldMember holder = new ToldMember(through, tenant, "holder", StartPosition.BEGINNING);
      flushed(holder, knows);
      knows.establish();
      ModuleScripts.loseReplyOf("group/settle.lua", proxy);
      assertThat(holder.settle()).containsExactly(true, true);
      assertThat(proxy.droppedReplies()).isEqualTo(1);
      promoteUntilNothingIsDue(knows);
      assertThat(dead()).isEmpty();
    }
  }

  @Test
  void whatItsHolderSettlesBeforeAnybodyKnowsOfTheLossIsNotReported() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    flushed(holder, knows);
    assertThat(holder.settle()).containsExactly(true, true);
    knows.establish();
    promoteUntilNothingIsDue(knows);
    assertThat(dead()).isEmpty();
  }

  @Test
  void whoeverComesAfterTheReportHasLostIt() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    List<String> ids = flushed(holder, knows);
    knows.establish();
    assertThat(reported()).isEmpty();
    promoteUntilNothingIsDue(knows);
    assertThat(reported()).containsExactlyElementsOf(ids);
    holder.establish();
    assertThat(holder.settle()).containsExactly(false, false);
    assertThat(holder.bury()).containsExactly(-1L, -1L);
    promoteUntilNothingIsDue(knows);
    assertThat(reported()).containsExactlyElementsOf(ids);
  }

  @Test
  void whatItsHolderBuriesIsNotReportedAgain() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    List<String> ids = flushed(holder, knows);
    knows.establish();
    holder.establish();
    assertThat(holder.bury()).containsExactly(2L, 2L);
    run("DEL", knows.stream.due().text()); // as if a long time had passed
    ids.forEach(id -> run("ZADD", knows.stream.due().text(), "0", id));
    promoteUntilNothingIsDue(knows);
    assertThat(reported()).containsExactlyElementsOf(ids);
  }

  @Test
  void whatItsHolderWasDoneWithIsNotReportedOnceItIsBack() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    flushed(2, holder, knows, false); // right before, it was acknowledged
    knows.establish();
    holder.establish();
    promoteUntilNothingIsDue(knows);
    assertThat(dead()).isEmpty();
  }

  @Test
  void whatItsHolderStillHasWaitsForItAlthoughTheGroupIsLostAgain() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    flushed(holder, knows);
    knows.establish();
    holder.establish();
    destroy();
    member("new").establish();
    knows.establish();
    knows.promote();
    assertThat(dead()).isEmpty();
    assertThat(holder.settle()).containsExactly(true, true);
  }

  @Test
  void whatIsLeftToItsHolderFallsDueInItsOrder() {
    ToldMember knows = member("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    // So many that the server's clock goes on meanwhile.
    List<String> ids = flushed(10 * GroupCommands.PAGE, holder, knows, true);
    holder.establish();
    List<Long> times = new ArrayList<>();
    for (String id : ids) {
      times.add(Long.parseLong(Replies.text(run("ZSCORE", knows.stream.due().text(), id))));
    }
    assertThat(times).isSorted();
  }

  @Test
  void whatItsHolderStillHadIsReportedIfNothingIsHeardOfItAnyMore() {
    ToldMember knows = impatient("knows");
    ToldMember holder = impatient(ConsumerName.unique("holder"));
    List<String> ids = flushed(holder, knows);
    holder.establish();
    knows.establish();
    promoteUntilNothingIsDue(knows);
    assertThat(reported()).containsExactlyElementsOf(ids);
    assertThat(knows.stream.counters().lost.sum()).isZero(); // who takes what is due counts it
  }

  @Test
  void whatItsHolderHadIsReportedAlthoughItReadOnWithoutNoticingBeforeItDied() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    List<String> ids = flushed(holder, knows);
    knows.establish();
    add(1);
    read(holder.name());
    promoteUntilNothingIsDue(knows);
    assertThat(reported()).containsExactlyElementsOf(ids);
  }

  @Test
  void whatItsHolderWasDoneWithIsNotReportedAlthoughItHasLeftSince() {
    ToldMember knows = impatient("knows");
    ToldMember holder = member(ConsumerName.unique("holder"));
    flushed(2, holder, knows, false); // right before, it was acknowledged
    knows.establish();
    holder.establish();
    new GroupCommands(holder.name()).retire(redis.commands(), holder.stream);
    promoteUntilNothingIsDue(knows);
    assertThat(dead()).isEmpty();
  }

  @Test
  void whatIsSettledLateIsRememberedOnlyAfterALoss() {
    ToldMember late = member("late").establish();
    List<String> ids = add(2);
    read(late.name());
    late.holds(ids);
    String told = late.stream.told().text();
    ids.forEach(id -> run("XACK", key(), "g", id)); // by another that took them over
    ids.forEach(id -> run("XDEL", key(), id));
    assertThat(late.settle()).containsExactly(true, true);
    assertThat(run("EXISTS", told)).isEqualTo(0L);
    destroy();
    assertThat(late.settle()).containsExactly(true, true);
    assertThat(run("HLEN", told)).isEqualTo(2L);
    run("DEL", told);
    member("other").establish();
    late.establish();
    assertThat(late.settle()).containsExactly(true, true);
    assertThat(run("HLEN", told)).isEqualTo(2L);
  }

  @Test
  void aConsumerLearnsWhetherWhatItAcknowledgesWasReported() {
    try (StreamConsumer consumer = StreamConsumer.builder(redis).group("g").build()) {
      ToldMember knows = impatient("knows").establish();
      List<String> ids = add(2);
      List<HeldDelivery<String>> held =
          consumer.poll(tenant, StreamTopic.of("orders", Serde.string()), 2);
      knows.look();
      flush();
      knows.establish();
      assertThat(held.get(0).ack()).isEqualTo(Settlement.ACKNOWLEDGED);
      ids.forEach(id -> run("ZADD", knows.stream.due().text(), "0", id));
      run("HSET", knows.stream.told().text(), ids.get(1), "? 1 -");
      promoteUntilNothingIsDue(knows);
      assertThat(held.get(1).ack()).isEqualTo(Settlement.LEASE_LOST);
      assertThat(reported()).containsExactly(ids.get(1));
    }
  }

  @Test
  void whatALiveMemberGoesOnToHandleHasOneFate() throws Exception {
    ToldMember knows = impatient("knows").establish();
    List<String> deadHas = add(2);
    read("dead");
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(3);
    Duration lease = Duration.ofSeconds(6);
    try (StreamWorker slow =
        StreamWorker.builder(redis, StreamTopic.of("orders", Serde.string()))
            .tenant(tenant)
            .group("g")
            .lease(lease)
            .concurrency(3)
            .handler(
                (message, delivery) -> {
                  running.countDown();
                  go.await();
                })
            .build()) {
      slow.start();
      List<String> held = add(3);
      assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();
      knows.look();
      flush();
      knows.establish();
      assertThat(reported()).doesNotContainAnyElementsOf(held);
      // Longer than a lease time: who handles it renews that.
      long afterwards = redis.serverTime().plus(lease).toEpochMilli();
      await()
          .atMost(SOON)
          .until(
              () ->
                  redis.serverTime().toEpochMilli() > afterwards
                      && held.stream().allMatch(id -> dueMillis(knows, id) > afterwards));
      knows.promote();
      go.countDown();
      await().atMost(SOON).until(() -> slow.stats().acknowledged() == 3);
      await().atMost(SOON).until(() -> reported().size() >= 2);
      assertThat(reported()).containsExactlyInAnyOrderElementsOf(deadHas);
      assertThat(slow.stats().leasesLost()).isZero();
    }
  }

  /** When it becomes a dead letter if nothing is heard of its holder, or 0. */
  private long dueMillis(ToldMember member, String id) {
    Object score = run("ZSCORE", member.stream.due().text(), id);
    return score == null ? 0 : Long.parseLong(Replies.text(score));
  }

  @Test
  void whatWasAcknowledgedBeforeItWasTrimmedIsNotReported() {
    ToldMember knows = member("knows").establish();
    List<String> ids = add(3);
    read("dead");
    knows.lookLater();
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
    knows.lookLater();
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
