package dev.tandem.streams.internal.group;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each script alone, on the server that the tests run on. */
@RedisTest
class GroupScriptsIT {
  private static final Duration LEASE = Duration.ofMinutes(1);

  /** When a lease is over whatever parts of a millisecond the server has cut off. */
  private static final Duration OVER = LEASE.plusMillis(1);

  private static final String ADD_ALL =
      "for i = 1, #ARGV do redis.call('XADD', KEYS[1], ARGV[i], 'data', 'd') end";

  private final RedisConnection redis;
  private final CommandExecutor executor;
  private final Tenant tenant;
  private final GroupStream stream;
  private final GroupCommands me = new GroupCommands("me");
  private final LeaseCommands myLeases = new LeaseCommands("me");
  private final ClaimCommands myClaims = new ClaimCommands("me");
  private final GroupCommands other = new GroupCommands("other");
  private final LeaseCommands othersLeases = new LeaseCommands("other");
  private final ClaimCommands othersClaims = new ClaimCommands("other");

  GroupScriptsIT(RedisServer server, @UniqueTenant String tenant) {
    this.redis = RedisConnection.connect(server.url());
    this.executor = redis.commands();
    this.tenant = Tenant.of(tenant);
    this.stream =
        new GroupStream(
            this.tenant,
            KeyLayout.plain().stream(this.tenant, "orders").group("g"),
            new Counters(redis.metrics(), "orders", "g"));
  }

  @BeforeEach
  void createGroup() {
    run("XGROUP", "CREATE", key(), "g", "0", "MKSTREAM");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private String key() {
    return stream.stream().text();
  }

  private @Nullable Object run(String... words) {
    Command command = Command.of(words[0]);
    for (int i = 1; i < words.length; i++) {
      command.arg(words[i]);
    }
    return executor.execute(command);
  }

  private EntryId add() {
    return EntryId.parse(Replies.text(run("XADD", key(), "*", "data", "d")));
  }

  /** Adds an entry and reads it as this consumer, then sets its delivery count. */
  private Lease delivered(String consumer, long deliveries) {
    EntryId id = add();
    run("XREADGROUP", "GROUP", "g", consumer, "STREAMS", key(), ">");
    run(
        "XCLAIM",
        key(),
        "g",
        consumer,
        "0",
        id.toString(),
        "RETRYCOUNT",
        Long.toString(deliveries),
        "JUSTID");
    return new Lease(stream, new RawEntry(id, List.of()), deliveries, System.nanoTime());
  }

  /** The pending row as {@code consumer/count}, or empty. */
  private String pending(Lease lease) {
    List<@Nullable Object> rows =
        Replies.list(
            run("XPENDING", key(), "g", lease.id().toString(), lease.id().toString(), "1"));
    if (rows.isEmpty()) {
      return "";
    }
    List<@Nullable Object> row = Replies.list(rows.get(0));
    return Replies.text(row.get(1)) + "/" + Replies.number(row.get(3));
  }

  private long idle(Lease lease) {
    Object rows = run("XPENDING", key(), "g", lease.id().toString(), lease.id().toString(), "1");
    return Replies.number(Replies.list(Replies.list(rows).get(0)).get(2));
  }

  private void age(Lease lease, String consumer, Duration idle) {
    run(
        "XCLAIM",
        key(),
        "g",
        consumer,
        "0",
        lease.id().toString(),
        "IDLE",
        Long.toString(idle.toMillis()),
        "JUSTID");
  }

  private void delete(Lease lease) {
    run("XDEL", key(), lease.id().toString());
  }

  private List<DeadLetter> dead() {
    return DeadLetters.of(redis).list(tenant, "orders", "g", 100);
  }

  private static PendingRow row(Lease lease) {
    return new PendingRow(lease.id(), lease.deliveries());
  }

  private static Lease withCount(Lease lease, long deliveries) {
    return new Lease(lease.stream(), lease.entry(), deliveries, 0);
  }

  private ClaimCommands.Swept sweep(
      ClaimCommands by, Duration lease, int maxDeliveries, String from, int most) {
    return by.sweep(executor, stream, lease, maxDeliveries, "", from, most, true);
  }

  private GroupCommands.Established establish(GroupCommands by, String position) {
    return by.establish(executor, stream, position, null, LEASE);
  }

  private GroupView look(GroupCommands by) {
    Duration turn = Duration.ofMinutes(1);
    Object reply = executor.execute(by.look(stream, LEASE, turn, Duration.ofHours(1)));
    return Objects.requireNonNull(GroupView.of(reply));
  }

  @Test
  void nothingIsTakenOverBeforeTheLeaseIsOverForItsHolderToo() {
    Duration lease = Duration.ofMillis(5);
    for (int i = 0; i < 100; i++) {
      long atLeast = System.nanoTime();
      Lease held = delivered("other", 1);
      boolean isTaken = false;
      while (!isTaken) {
        isTaken = !sweep(myClaims, lease, 5, "-", 10).taken().entries().isEmpty();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - atLeast)).isGreaterThan(lease);
      run("XACK", key(), "g", held.id().toString());
    }
  }

  @Test
  void renewKeepsOnlyWhatIsStillThisDelivery() {
    Lease mine = delivered("me", 1);
    Lease anothers = delivered("other", 1);
    Lease newer = delivered("me", 3);
    Lease acknowledged = delivered("me", 1);
    run("XACK", key(), "g", acknowledged.id().toString());
    age(mine, "me", OVER);
    age(anothers, "other", OVER);
    age(newer, "me", OVER);
    Object reply =
        executor.execute(
            myLeases.renew(stream, List.of(mine, anothers, withCount(newer, 2), acknowledged)));
    assertThat(Replies.list(reply)).containsExactly(1L, 0L, 0L, -1L);
    assertThat(idle(mine)).isLessThan(LEASE.toMillis());
    assertThat(idle(anothers)).isGreaterThanOrEqualTo(LEASE.toMillis());
    assertThat(idle(newer)).isGreaterThanOrEqualTo(LEASE.toMillis());
    assertThat(pending(mine)).isEqualTo("me/1");
    assertThat(pending(anothers)).isEqualTo("other/1");
  }

  @Test
  void renewLeavesAnEntryWithoutDataPendingForTheSweepToReport() {
    Lease gone = delivered("me", 1);
    delete(gone);
    Object reply = executor.execute(myLeases.renew(stream, List.of(gone)));
    assertThat(Replies.list(reply)).containsExactly(2L);
    assertThat(pending(gone)).isEqualTo("me/1");
  }

  @Test
  void retakeTakesOwnDeliveriesWithoutCountingAndReportsLostOnes() {
    Lease mine = delivered("me", 2);
    Lease anothers = delivered("other", 1);
    Lease gone = delivered("me", 1);
    delete(gone);
    ClaimCommands.Taken taken =
        myClaims.retake(executor, stream, List.of(row(mine), row(anothers), row(gone)));
    assertThat(taken.entries()).extracting(entry -> entry.entry().id()).containsExactly(mine.id());
    assertThat(taken.entries().get(0).deliveries()).isEqualTo(2);
    assertThat(taken.entries().get(0).entry().value("data".getBytes(UTF_8)))
        .asString()
        .isEqualTo("d");
    assertThat(taken.lost()).isEqualTo(1);
    assertThat(pending(mine)).isEqualTo("me/2");
    assertThat(pending(anothers)).isEqualTo("other/1");
    assertThat(pending(gone)).isEmpty();
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
  }

  @Test
  void parkPutsAsideWithItsCountOnlyIfStillOurs() {
    Lease mine = delivered("me", 2);
    Lease anothers = delivered("other", 1);
    Lease gone = delivered("me", 1);
    delete(gone);
    assertThat(executor.execute(myLeases.park(mine, Duration.ofHours(1)))).isEqualTo(1L);
    assertThat(pending(mine)).isEqualTo("tandem-parked/2");
    assertThat(executor.execute(myLeases.park(mine, Duration.ofHours(1)))).isEqualTo(0L);
    assertThat(executor.execute(myLeases.park(anothers, Duration.ofHours(1)))).isEqualTo(0L);
    assertThat(executor.execute(myLeases.park(withCount(anothers, 9), Duration.ZERO)))
        .isEqualTo(0L);
    assertThat(executor.execute(myLeases.park(gone, Duration.ZERO))).isEqualTo(2L);
    assertThat(executor.execute(myLeases.park(gone, Duration.ZERO))).isEqualTo(-1L);
    assertThat(dead()).extracting(DeadLetter::originalId).hasToString("[" + gone.id() + "]");
    double due =
        Double.parseDouble(Replies.text(run("ZSCORE", stream.due().text(), mine.id().toString())));
    assertThat(due)
        .isBetween(
            (double) redis.serverTime().plusSeconds(3_500).toEpochMilli(),
            (double) redis.serverTime().plusSeconds(3_601).toEpochMilli());
  }

  @Test
  void promoteTakesWhatIsDueInOrderUpToTheLimit() {
    Lease first = delivered("me", 1);
    Lease second = delivered("me", 2);
    Lease later = delivered("me", 1);
    Lease gone = delivered("me", 1);
    for (Lease lease : List.of(first, second, gone)) {
      executor.execute(myLeases.park(lease, Duration.ZERO));
    }
    executor.execute(myLeases.park(later, Duration.ofMinutes(10)));
    delete(gone);

    ClaimCommands.Promoted none = othersClaims.promote(executor, stream, 0);
    assertThat(none.taken().entries()).isEmpty();
    assertThat(none.nextDueMillis()).isZero();
    ClaimCommands.Promoted one = othersClaims.promote(executor, stream, 1);
    ClaimCommands.Promoted rest = othersClaims.promote(executor, stream, 10);
    List<TakenEntry> taken = new ArrayList<>(one.taken().entries());
    assertThat(taken).hasSize(1);
    taken.addAll(rest.taken().entries());
    assertThat(taken.stream().map(entry -> entry.entry().id() + "/" + entry.deliveries()))
        .containsExactlyInAnyOrder(first.id() + "/2", second.id() + "/3");
    assertThat(rest.taken().lost() + one.taken().lost()).isEqualTo(1);
    assertThat(rest.nextDueMillis()).isBetween(590_000L, 600_000L);
    assertThat(pending(first)).isEqualTo("other/2");
    assertThat(pending(later)).isEqualTo("tandem-parked/1");
    assertThat(pending(gone)).isEmpty();
    assertThat(run("ZCARD", stream.due().text())).isEqualTo(1L);
  }

  @Test
  void promoteForgetsWhatIsNotParkedAnyMore() {
    Lease discarded = delivered("me", 1);
    executor.execute(myLeases.park(discarded, Duration.ZERO));
    run("XACK", key(), "g", discarded.id().toString());
    ClaimCommands.Promoted promoted = myClaims.promote(executor, stream, 10);
    assertThat(promoted.taken().entries()).isEmpty();
    assertThat(promoted.nextDueMillis()).isEqualTo(-1);
    assertThat(run("EXISTS", stream.due().text())).isEqualTo(0L);
  }

  @Test
  void buryMovesAndAcknowledgesTogetherOnlyIfStillOurs() {
    Lease mine = delivered("me", 4);
    Lease anothers = delivered("other", 1);
    Lease gone = delivered("me", 1);
    delete(gone);
    assertThat(executor.execute(myLeases.bury(mine, "REJECTED", "why"))).isEqualTo(1L);
    assertThat(executor.execute(myLeases.bury(mine, "REJECTED", "why"))).isEqualTo(-1L);
    assertThat(executor.execute(myLeases.bury(anothers, "REJECTED", "why"))).isEqualTo(0L);
    assertThat(executor.execute(myLeases.bury(gone, "REJECTED", "why"))).isEqualTo(2L);
    assertThat(pending(mine)).isEmpty();
    assertThat(pending(anothers)).isEqualTo("other/1");
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.REJECTED, DeadLetterReason.PAYLOAD_LOST);
    DeadLetter letter = dead().get(0);
    assertThat(letter.originalId().value()).isEqualTo(mine.id().toString());
    assertThat(letter.deliveries()).isEqualTo(4);
    assertThat(letter.consumer()).isEqualTo("me");
    assertThat(letter.error()).isEqualTo("why");
    assertThat(letter.fields()).containsOnlyKeys("data");
    assertThat(executor.execute(Command.of("XRANGE").key(stream.dead()).arg("-").arg("+")))
        .isNotNull();
  }

  @Test
  void buryKeepsFieldsThatBearTheNamesOfItsOwn() {
    run("XADD", key(), "*", "reason", "mine", "original_id", "1-1", "field:x", "y");
    run("XREADGROUP", "GROUP", "g", "me", "STREAMS", key(), ">");
    PendingRow pending = me.ownPending(executor, stream, "-").get(0);
    Lease lease = new Lease(stream, new RawEntry(pending.id(), List.of()), 1, 0);
    executor.execute(myLeases.bury(lease, "REJECTED", ""));
    DeadLetter letter = dead().get(0);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.REJECTED);
    assertThat(letter.originalId().value()).isEqualTo(pending.id().toString());
    assertThat(letter.fields().get("reason")).asString().isEqualTo("mine");
    assertThat(letter.fields().get("original_id")).asString().isEqualTo("1-1");
    assertThat(letter.fields().get("field:x")).asString().isEqualTo("y");
  }

  @Test
  void buryKeepsEveryFieldOfAVeryWideEntry() {
    List<String> words = new ArrayList<>(List.of("XADD", key(), "*"));
    for (int i = 0; i < 5_000; i++) {
      words.add("f" + i);
      words.add("v:" + i);
    }
    run(words.toArray(new String[0]));
    run("XREADGROUP", "GROUP", "g", "dead", "STREAMS", key(), ">");
    ClaimCommands.Swept swept = sweep(myClaims, Duration.ZERO, 1, "-", 10);
    assertThat(swept.buried()).isEqualTo(1);
    DeadLetter letter = dead().get(0);
    assertThat(letter.fields()).hasSize(5_000);
    assertThat(letter.fields().get("f4999")).asString().isEqualTo("v:4999");
  }

  @Test
  void anOrphanedDeliveryMayBeBuriedAlthoughItIsNotPending() {
    Lease orphan = delivered("me", 1);
    run("XACK", key(), "g", orphan.id().toString());
    delete(orphan);
    orphan.markOrphaned();
    assertThat(executor.execute(myLeases.bury(orphan, "MAX_DELIVERIES", ""))).isEqualTo(2L);
    assertThat(executor.execute(myLeases.bury(orphan, "MAX_DELIVERIES", ""))).isEqualTo(2L);
    assertThat(executor.execute(othersLeases.bury(orphan, "MAX_DELIVERIES", ""))).isEqualTo(-1L);
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
  }

  @Test
  void sweepTakesOverBuriesReportsAndLeavesTheRest() {
    Lease lapsed = delivered("other", 1);
    Lease lastButOne = delivered("other", 4);
    Lease fresh = delivered("other", 1);
    Lease worn = delivered("other", 5);
    Lease gone = delivered("other", 1);
    Lease released = delivered("other", 1);
    Lease parked = delivered("other", 1);
    Lease ours = delivered("me", 1);
    executor.execute(othersLeases.park(parked, Duration.ofHours(1)));
    assertThat(othersLeases.release(executor, stream, List.of(row(released)))).isEqualTo(1);
    for (Lease lease : List.of(lapsed, lastButOne, worn, gone)) {
      age(lease, "other", OVER);
    }
    age(parked, "tandem-parked", OVER);
    age(ours, "me", OVER);
    delete(gone);

    List<ClaimCommands.Swept> swept = walk(myClaims, LEASE, 5, "-", 10);
    assertThat(swept).allMatch(part -> part.failure().isEmpty());
    assertThat(
            swept.stream()
                .flatMap(part -> part.taken().entries().stream())
                .map(GroupScriptsIT::described))
        .containsExactly(lapsed.id() + "/2/other", lastButOne.id() + "/5/other");
    ClaimCommands.Swept handedBack =
        myClaims.sweep(executor, stream, LEASE, 5, ConsumerName.RELEASED, "-", 10, true);
    assertThat(handedBack.taken().entries().stream().map(GroupScriptsIT::described))
        .containsExactly(released.id() + "/1/" + ConsumerName.RELEASED);
    assertThat(swept.stream().mapToInt(ClaimCommands.Swept::buried).sum()).isEqualTo(2);
    assertThat(swept.stream().mapToInt(part -> part.taken().lost()).sum()).isEqualTo(1);
    assertThat(pending(lapsed)).isEqualTo("me/2");
    assertThat(pending(lastButOne)).isEqualTo("me/5");
    assertThat(pending(released)).isEqualTo("me/1");
    assertThat(pending(fresh)).isEqualTo("other/1");
    assertThat(pending(parked)).isEqualTo("tandem-parked/1");
    assertThat(pending(ours)).isEqualTo("me/1");
    assertThat(pending(worn)).isEmpty();
    assertThat(pending(gone)).isEmpty();
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.MAX_DELIVERIES, DeadLetterReason.PAYLOAD_LOST);
    assertThat(dead().get(0).consumer()).isEqualTo("other");

    ClaimCommands.Swept again = sweep(myClaims, LEASE, 5, "-", 10);
    assertThat(again.taken().entries()).isEmpty();
    assertThat(again.buried()).isZero();
  }

  @Test
  void sweepGoesPageByPageAndTakesNoMoreThanItMay() {
    for (int i = 0; i < ClaimCommands.SWEEP_PAGE + 50; i++) {
      add();
    }
    run("XREADGROUP", "GROUP", "g", "other", "STREAMS", key(), ">");
    // A part ends earlier if the server was held up amid it.
    List<ClaimCommands.Swept> few = walk(myClaims, Duration.ZERO, 5, "-", 7);
    assertThat(few).hasSizeGreaterThan(1);
    assertThat(few).allMatch(part -> part.taken().entries().size() <= 7);
    assertThat(takenBy(few)).isBetween(14, 7 * few.size());
    List<ClaimCommands.Swept> rest = walk(myClaims, Duration.ZERO, 5, "-", 1_000);
    assertThat(takenBy(few) + takenBy(rest)).isEqualTo(ClaimCommands.SWEEP_PAGE + 50);
  }

  private static int takenBy(List<ClaimCommands.Swept> parts) {
    return parts.stream().mapToInt(part -> part.taken().entries().size()).sum();
  }

  @Test
  void sweepTakesAndBuriesOnlySoMuchInOneCallAndGoesOnThere() {
    for (int i = 0; i < GroupCommands.PAGE + 20; i++) {
      add();
    }
    run("XREADGROUP", "GROUP", "g", "other", "STREAMS", key(), ">");
    List<ClaimCommands.Swept> taking = walk(myClaims, Duration.ZERO, 5, "-", 1_000);
    assertThat(taking).hasSizeGreaterThan(1);
    assertThat(taking).allMatch(part -> part.taken().entries().size() <= GroupCommands.PAGE);
    assertThat(taking.stream().mapToInt(part -> part.taken().entries().size()).sum())
        .isEqualTo(GroupCommands.PAGE + 20);
    List<ClaimCommands.Swept> burying = walk(othersClaims, Duration.ZERO, 2, "-", 0);
    assertThat(burying).hasSizeGreaterThan(1);
    assertThat(burying).allMatch(part -> part.buried() <= GroupCommands.PAGE);
    assertThat(burying.stream().mapToInt(ClaimCommands.Swept::buried).sum())
        .isEqualTo(GroupCommands.PAGE + 20);
  }

  private List<ClaimCommands.Swept> walk(
      ClaimCommands by, Duration lease, int maxDeliveries, String start, int most) {
    List<ClaimCommands.Swept> parts = new ArrayList<>();
    String from = start;
    while (!from.isEmpty()) {
      ClaimCommands.Swept part = sweep(by, lease, maxDeliveries, from, most);
      assertThat(part.next()).isNotEqualTo(from);
      parts.add(part);
      from = part.next();
    }
    return parts;
  }

  private static String described(TakenEntry taken) {
    return taken.entry().id() + "/" + taken.deliveries() + "/" + taken.from();
  }

  @Test
  void sweepFindsEveryLapsedOneAmongManyHoweverTheyLieInTime() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Set<EntryId> lapsed = new TreeSet<>();
    long millis = 1;
    long number = 0;
    for (int batch = 0; batch < 30; batch++) {
      Command add = Command.of("EVAL").arg(ADD_ALL).arg(1).key(stream.stream());
      Command age = Command.of("XCLAIM").key(stream.stream()).arg("g").arg("other").arg(0);
      int sparse = random.nextInt(3); // bursts, a steady flow, long gaps
      for (int i = 0; i < 500; i++) {
        long gap = sparse == 0 ? random.nextInt(2) : sparse == 1 ? 5 : random.nextInt(5_000);
        number = gap == 0 ? number + 1 : 0;
        millis += gap;
        EntryId id = new EntryId(millis, number);
        add.arg(id.toString());
        if (random.nextInt(50) == 0 || i == 0) {
          lapsed.add(id);
          age.arg(id.toString());
        }
      }
      millis += random.nextBoolean() ? random.nextInt(1_000_000) : 0;
      executor.execute(add);
      run("XREADGROUP", "GROUP", "g", "other", "STREAMS", key(), ">");
      executor.execute(age.arg("IDLE").arg(LEASE.toMillis()).arg("JUSTID"));
    }
    List<EntryId> taken = new ArrayList<>();
    walk(myClaims, LEASE, 5, "-", 1_000)
        .forEach(part -> part.taken().entries().forEach(one -> taken.add(one.entry().id())));
    assertThat(taken).as("seed %d", seed).containsExactlyElementsOf(lapsed);
  }

  @Test
  void sweepLimitsTheBytesOfOneCall() {
    String large = "x".repeat(700_000);
    for (int i = 0; i < 3; i++) {
      run("XADD", key(), "*", "data", large);
    }
    run("XREADGROUP", "GROUP", "g", "other", "STREAMS", key(), ">");
    ClaimCommands.Swept first = sweep(myClaims, Duration.ZERO, 5, "-", 10);
    assertThat(first.taken().entries()).hasSize(2);
    assertThat(sweep(myClaims, Duration.ZERO, 5, first.next(), 10).taken().entries()).hasSize(1);
    for (PendingRow row : me.ownPending(executor, stream, "-")) {
      executor.execute(
          myLeases.park(new Lease(stream, new RawEntry(row.id(), List.of()), 2, 0), Duration.ZERO));
    }
    assertThat(myClaims.promote(executor, stream, 10).taken().entries()).hasSize(1);
    assertThat(myClaims.promote(executor, stream, 10).nextDueMillis()).isZero();
  }

  @Test
  void sweepLooksAtOneConsumerIfToldSo() {
    Lease one = delivered("one", 1);
    Lease two = delivered("two", 1);
    myClaims.sweep(executor, stream, Duration.ZERO, 5, "two", "-", 10, false);
    assertThat(pending(one)).isEqualTo("one/1");
    assertThat(pending(two)).isEqualTo("me/2");
  }

  @Test
  void sweepWakesParkedEntriesThatNothingElseWould() {
    Lease parked = delivered("me", 2);
    executor.execute(myLeases.park(parked, Duration.ofHours(1)));
    run("DEL", stream.due().text());
    sweep(myClaims, LEASE, 5, "-", 10);
    assertThat(run("EXISTS", stream.due().text())).isEqualTo(0L);
    age(parked, "tandem-parked", OVER);
    sweep(myClaims, LEASE, 5, "-", 10);
    ClaimCommands.Promoted promoted = myClaims.promote(executor, stream, 10);
    assertThat(promoted.taken().entries()).hasSize(1);
    assertThat(promoted.taken().entries().get(0).deliveries()).isEqualTo(3);
  }

  @Test
  void releaseHandsBackUncountedOnlyWhatIsOurs() {
    Lease mine = delivered("me", 1);
    Lease anothers = delivered("other", 1);
    Lease gone = delivered("me", 1);
    delete(gone);
    assertThat(myLeases.release(executor, stream, List.of(row(mine), row(anothers), row(gone))))
        .isEqualTo(1);
    assertThat(pending(mine)).isEqualTo("tandem-released/0");
    assertThat(pending(anothers)).isEqualTo("other/1");
    assertThat(pending(gone)).isEqualTo("me/1");
  }

  @Test
  void whatWasBegunIsHandedBackWithItsCount() {
    Lease mine = delivered("me", 2);
    Lease anothers = delivered("other", 1);
    assertThat(myLeases.releaseCounted(executor, stream, List.of(row(mine), row(anothers))))
        .isEqualTo(1);
    assertThat(pending(mine)).isEqualTo("tandem-released/2");
    assertThat(pending(anothers)).isEqualTo("other/1");
  }

  @Test
  void retireRemovesAConsumerOnlyIfNothingIsPendingUnderItsName() {
    Lease mine = delivered("me", 1);
    assertThat(me.retire(executor, stream)).isFalse();
    assertThat(pending(mine)).isEqualTo("me/1");
    run("XACK", key(), "g", mine.id().toString());
    assertThat(me.retire(executor, stream)).isTrue();
    assertThat(Replies.list(run("XINFO", "CONSUMERS", key(), "g"))).isEmpty();
  }

  @Test
  void establishCreatesOnceAndTellsWhichGroupItIsAndWhereItStands() {
    Lease delivered = delivered("me", 1);
    GroupCommands.Established present = establish(me, "0-0");
    assertThat(present.created()).isFalse();
    assertThat(present.position()).isEqualTo(delivered.id());
    assertThat(present.mark()).startsWith(ConsumerName.MARK_PREFIX);
    assertThat(establish(other, "0-0").mark()).isEqualTo(present.mark());
    run("XGROUP", "DESTROY", key(), "g");
    GroupCommands.Established again = establish(me, delivered.id().toString());
    assertThat(again.created()).isTrue();
    assertThat(again.position()).isEqualTo(delivered.id());
    assertThat(again.mark()).startsWith(ConsumerName.MARK_PREFIX).isNotEqualTo(present.mark());
    run("DEL", key());
    GroupCommands.Established anew = establish(me, delivered.id().toString());
    assertThat(anew.created()).isTrue();
    assertThat(anew.position()).isEqualTo(EntryId.NONE);
  }

  @Test
  void establishBeginsAtTheStartOfAStreamWhoseIdsLieBehind() {
    run("DEL", key());
    run("XADD", key(), "5-1", "data", "d");
    assertThat(establish(me, "5-2").position()).isEqualTo(EntryId.NONE);
    run("XGROUP", "DESTROY", key(), "g");
    assertThat(establish(me, "5-1").position()).isEqualTo(EntryId.parse("5-1"));
    run("XGROUP", "DESTROY", key(), "g");
    run("XADD", key(), "10-1", "data", "d");
    assertThat(establish(me, "$").position()).isEqualTo(EntryId.parse("10-1"));
  }

  @Test
  void establishBeginsWhereItIsAskedToAlsoAhead() {
    run("DEL", key());
    GroupCommands.Established missing = establish(me, "=5-2");
    assertThat(missing.created()).isTrue();
    assertThat(missing.position()).isEqualTo(EntryId.parse("5-2"));
    run("XGROUP", "DESTROY", key(), "g");
    run("XADD", key(), "5-1", "data", "d");
    assertThat(establish(me, "=5-2").position()).isEqualTo(EntryId.parse("5-2"));
  }

  @Test
  void aGroupIsMarkedOnlyByWhoHasNothingToGiveBackToIt() {
    assertThat(me.establish(executor, stream, "0-0", new EntryId(0, 1), LEASE).mark()).isEmpty();
    run("ZADD", stream.due().text(), "1", "1-1");
    assertThat(me.establish(executor, stream, "0-0", null, LEASE).mark()).isEmpty();
    String mark = me.mark(executor, stream, "", false).mark();
    assertThat(mark).startsWith(ConsumerName.MARK_PREFIX);
    assertThat(other.mark(executor, stream, "", true))
        .isEqualTo(new GroupCommands.Marked(false, mark));
    assertThat(other.establish(executor, stream, "0-0", new EntryId(0, 1), LEASE).restored())
        .isFalse();
    assertThat(other.mark(executor, stream, mark, true))
        .isEqualTo(new GroupCommands.Marked(true, mark));
    assertThat(other.establish(executor, stream, "0-0", new EntryId(0, 1), LEASE).restored())
        .isTrue();
    assertThat(other.establish(executor, stream, "0-0", new EntryId(0, 1), LEASE).mark())
        .isEqualTo(mark);
  }

  @Test
  void regainMakesPendingAgainWhatIsNotAndNothingInAnotherGroup() {
    Lease held = delivered("me", 2);
    Lease heldAndGone = delivered("me", 1);
    delete(heldAndGone);
    run("XGROUP", "DESTROY", key(), "g");
    String mark = establish(me, "0-0").mark();
    List<PendingRow> rows = List.of(row(held), row(heldAndGone));
    assertThat(me.regain(executor, stream, "me", "tandem-mark-other", rows).sameGroup()).isFalse();
    assertThat(pending(held)).isEmpty();
    GroupCommands.Regained regained = me.regain(executor, stream, "me", mark, rows);
    assertThat(regained.sameGroup()).isTrue();
    assertThat(regained.gone()).containsExactly(heldAndGone.id());
    assertThat(pending(held)).isEqualTo("me/2");
    assertThat(pending(heldAndGone)).isEmpty();
    // Who held something else leaves alone what others have by now.
    other.regain(executor, stream, "other", mark, List.of(new PendingRow(held.id(), 1)));
    assertThat(pending(held)).isEqualTo("me/2");
  }

  @Test
  void whatNobodyIsKnownToHoldIsGivenToWhoClaimsIt() {
    Lease held = delivered("dead", 2);
    EntryId unknown = add();
    run("XGROUP", "DESTROY", key(), "g");
    String mark = establish(me, unknown.toString()).mark();
    me.regain(executor, stream, ConsumerName.ORPHANED, mark, List.of(row(held)));
    GroupCommands.Orphaned orphaned =
        me.orphan(executor, stream, mark, "(" + held.id(), unknown.toString());
    assertThat(orphaned).isEqualTo(new GroupCommands.Orphaned(true, "", 1));
    Lease second = new Lease(stream, new RawEntry(unknown, List.of()), 1, 0);
    assertThat(pending(held)).isEqualTo("tandem-orphaned/2");
    assertThat(pending(second)).isEqualTo("tandem-orphaned/1");
    assertThat(sweep(myClaims, LEASE, 5, "-", 10).taken().entries()).isEmpty();
    other.regain(executor, stream, "other", mark, List.of(row(held)));
    assertThat(pending(held)).isEqualTo("other/2");
    me.orphan(executor, stream, mark, "-", "+");
    assertThat(pending(held)).isEqualTo("other/2");
    age(second, ConsumerName.ORPHANED, OVER);
    assertThat(sweep(myClaims, LEASE, 5, "-", 10).taken().entries()).hasSize(1);
    assertThat(pending(second)).isEqualTo("me/2");
    assertThat(me.orphan(executor, stream, "tandem-mark-other", "-", "+").sameGroup()).isFalse();
  }

  @Test
  void orphanGoesPageByPage() {
    for (int i = 0; i < 40; i++) {
      add();
    }
    EntryId last = add();
    String mark = establish(me, last.toString()).mark();
    GroupCommands.Orphaned first = me.orphan(executor, stream, mark, "-", last.toString());
    assertThat(first.made()).isEqualTo(32);
    GroupCommands.Orphaned rest = me.orphan(executor, stream, mark, first.next(), last.toString());
    assertThat(rest).isEqualTo(new GroupCommands.Orphaned(true, "", 9));
  }

  @Test
  void regainParksOnlyWhatStillWaitsAndReportsWhatHasNoData() {
    Lease parked = delivered("me", 3);
    Lease promoted = delivered("me", 1);
    Lease gone = delivered("me", 1);
    for (Lease lease : List.of(parked, promoted, gone)) {
      executor.execute(myLeases.park(lease, Duration.ofHours(1)));
    }
    delete(gone);
    run("XGROUP", "DESTROY", key(), "g");
    me.establish(executor, stream, gone.id().toString(), gone.id().next(), LEASE);
    GroupCommands.Waiting waiting = me.waiting(executor, stream, "0");
    assertThat(waiting.cursor()).isEqualTo("0");
    assertThat(waiting.rows())
        .extracting(PendingRow::id)
        .containsExactlyInAnyOrder(parked.id(), promoted.id(), gone.id());
    run("ZREM", stream.due().text(), promoted.id().toString());
    GroupCommands.Regained regained =
        me.regain(executor, stream, ConsumerName.PARKED, "", waiting.rows());
    assertThat(regained.gone()).containsExactly(gone.id());
    assertThat(pending(parked)).isEqualTo("tandem-parked/1");
    assertThat(pending(promoted)).isEmpty();
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
  }

  @Test
  void scriptsTellWhatIsSettledFromWhatAnotherGroupNeverHad() {
    String mark = establish(me, "0-0").mark();
    Lease mine = delivered("me", 1);
    run("XACK", key(), "g", mine.id().toString());
    stream.mark(mark);
    List<Command> calls =
        List.of(
            myLeases.renew(stream, List.of(mine)),
            myLeases.park(mine, Duration.ZERO),
            myLeases.bury(mine, "REJECTED", ""));
    for (Command call : calls) {
      assertThat(executor.execute(call)).isIn(-1L, List.of(-1L));
    }
    run("XGROUP", "DESTROY", key(), "g");
    run("XGROUP", "CREATE", key(), "g", "$");
    for (Command call : calls) {
      assertThat(executor.execute(call)).isIn(-2L, List.of(-2L));
    }
    establish(other, "0-0");
    for (Command call : calls) {
      assertThat(executor.execute(call)).isIn(-2L, List.of(-2L));
    }
  }

  @Test
  void promoteLeavesWaitingWhatAGroupMadeAgainDoesNotHave() {
    String mark = establish(me, "0-0").mark();
    stream.mark(mark);
    Lease parked = delivered("me", 1);
    executor.execute(myLeases.park(parked, Duration.ZERO));
    run("XGROUP", "DESTROY", key(), "g");
    run("XGROUP", "CREATE", key(), "g", "$");
    ClaimCommands.Promoted promoted = myClaims.promote(executor, stream, 10);
    assertThat(promoted.otherGroup()).isTrue();
    assertThat(promoted.taken().entries()).isEmpty();
    assertThat(run("ZCARD", stream.due().text())).isEqualTo(1L);
    me.regain(executor, stream, ConsumerName.PARKED, "", List.of(row(parked)));
    stream.mark(me.mark(executor, stream, "", true).mark());
    assertThat(myClaims.promote(executor, stream, 10).taken().entries()).hasSize(1);
  }

  @Test
  void lookTellsWhatThereIsToDo() {
    String mark = establish(me, "0-0").mark();
    GroupView quiet = look(me);
    assertThat(quiet.isQuiet()).isTrue();
    assertThat(quiet.mark()).isEqualTo(mark);
    assertThat(quiet.nextDueMillis()).isEqualTo(-1);
    assertThat(quiet.ourTurn()).isFalse();
    assertThat(quiet.position()).isEqualTo(EntryId.NONE);
    Lease mine = delivered("me", 1);
    assertThat(look(me).isQuiet()).isTrue();
    assertThat(look(me).position()).isEqualTo(mine.id());
    Lease anothers = delivered("other", 3);
    GroupView busy = look(me);
    assertThat(busy.ourTurn()).isTrue();
    assertThat(look(me).ourTurn()).isFalse();
    assertThat(busy.othersHeld()).containsExactly(new PendingRow(anothers.id(), 3, "other"));
    assertThat(busy.lapsed()).isEmpty();
    assertThat(busy.knownUpTo()).isEqualTo(anothers.id());
    othersLeases.release(executor, stream, List.of(row(anothers)));
    assertThat(look(me).lapsed()).containsExactly(ConsumerName.RELEASED);
    executor.execute(myLeases.park(mine, Duration.ofHours(1)));
    GroupView waiting = look(other);
    assertThat(waiting.nextDueMillis()).isBetween(3_500_000L, 3_600_000L);
    assertThat(waiting.astray()).isFalse();
    run("DEL", stream.due().text());
    assertThat(look(me).astray()).isTrue();
    run("SET", stream.due().text(), "in the way");
    GroupView hindered = look(me);
    assertThat(hindered.failure()).contains("WRONGTYPE");
    assertThat(hindered.othersHeld()).hasSize(1);
    run("XGROUP", "DESTROY", key(), "g");
    Duration any = Duration.ofHours(1);
    assertThat(GroupView.of(executor.execute(me.look(stream, LEASE, any, any)))).isNull();
    run("DEL", key());
    assertThat(GroupView.of(executor.execute(me.look(stream, LEASE, any, any)))).isNull();
  }

  @Test
  void lookCounts() {
    establish(me, "0-0");
    assertThat(look(me).counts().lag()).isZero();
    for (int i = 0; i < 4; i++) {
      add();
    }
    GroupCounts unread = look(me).counts();
    assertThat(List.of(unread.lag(), unread.length(), unread.pending(), unread.waiting()))
        .containsExactly(4L, 4L, 0L, 0L);
    assertThat(unread.oldestMillis()).isZero();
    Lease first = delivered("me", 1);
    delivered("other", 1);
    executor.execute(myLeases.park(first, Duration.ofHours(1)));
    GroupCounts counts = look(me).counts();
    assertThat(counts.pending()).isEqualTo(6);
    assertThat(counts.waiting()).isEqualTo(1);
    assertThat(counts.oldestMillis())
        .isGreaterThanOrEqualTo(counts.serverMillis() - first.id().millis());
    add();
    assertThat(look(me).counts().lag()).isEqualTo(1);
    assertThat(counts.serverMillis()).isGreaterThanOrEqualTo(unread.serverMillis());
    run("XREADGROUP", "GROUP", "g", "me", "STREAMS", key(), ">");
    assertThat(look(me).counts().lag()).isZero();
    run("DEL", stream.due().text());
    assertThat(look(me).counts().waiting()).isZero();
  }

  @Test
  void lookListsABoundedPartOfWhatOthersHoldAndSaysHowFarItIsComplete() {
    for (int i = 0; i < GroupCommands.PAGE + 20; i++) {
      add();
    }
    run("XREADGROUP", "GROUP", "g", "other", "STREAMS", key(), ">");
    GroupView view = look(me);
    assertThat(view.othersHeld()).hasSize(GroupCommands.PAGE);
    assertThat(view.knownUpTo())
        .isEqualTo(view.othersHeld().get(GroupCommands.PAGE - 1).id())
        .isLessThan(view.position());
  }

  @Test
  void lookNamesConsumersThatAreOldAndHoldNothing() {
    establish(me, "0-0");
    String old = ConsumerName.unique("worker");
    run("XGROUP", "CREATECONSUMER", key(), "g", old);
    run("XGROUP", "CREATECONSUMER", key(), "g", "me");
    delivered("busy", 1);
    Object reply = executor.execute(me.look(stream, LEASE, LEASE, Duration.ZERO));
    assertThat(Objects.requireNonNull(GroupView.of(reply)).old()).containsExactly(old);
    assertThat(look(me).old()).isEmpty();
    assertThat(me.retire(executor, stream, old)).isTrue();
    assertThat(me.retire(executor, stream, "busy")).isFalse();
  }

  @Test
  void againCountsOnceAndOnlyWhatIsStillThisDelivery() {
    Lease ours = delivered("me", 2);
    Lease gone = delivered("me", 1);
    Lease theirs = delivered("other", 1);
    age(ours, "me", Duration.ofSeconds(40));
    assertThat(executor.execute(myLeases.again(ours))).isEqualTo(1L);
    assertThat(pending(ours)).isEqualTo("me/3");
    assertThat(idle(ours)).isLessThan(20_000);
    assertThat(executor.execute(myLeases.again(ours))).isEqualTo(1L); // its reply was lost
    assertThat(pending(ours)).isEqualTo("me/3");
    assertThat(executor.execute(myLeases.again(withCount(ours, 1)))).isEqualTo(0L);
    assertThat(executor.execute(myLeases.again(theirs))).isEqualTo(0L);
    assertThat(pending(theirs)).isEqualTo("other/1");
    delete(gone);
    assertThat(executor.execute(myLeases.again(gone))).isEqualTo(2L);
    assertThat(pending(gone)).isEmpty();
    assertThat(dead())
        .extracting(DeadLetter::reason)
        .containsExactly(DeadLetterReason.PAYLOAD_LOST);
    run("XACK", key(), "g", ours.id().toString());
    assertThat(executor.execute(myLeases.again(ours))).isEqualTo(-1L);
  }

  @Test
  void everyScriptSaysThatTheGroupIsMissing() {
    Lease lease = delivered("me", 1);
    run("XGROUP", "DESTROY", key(), "g");
    run("ZADD", stream.due().text(), "1", lease.id().toString());
    List<Runnable> calls =
        List.of(
            () -> executor.execute(myLeases.renew(stream, List.of(lease))),
            () -> executor.execute(myLeases.park(lease, Duration.ZERO)),
            () -> executor.execute(myLeases.again(lease)),
            () -> executor.execute(myLeases.bury(lease, "REJECTED", "")),
            () -> myClaims.retake(executor, stream, List.of(row(lease))),
            () -> myClaims.promote(executor, stream, 1),
            () -> sweep(myClaims, LEASE, 5, "-", 1),
            () -> myLeases.release(executor, stream, List.of(row(lease))),
            () -> me.retire(executor, stream));
    for (Runnable call : calls) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              MessagingException.class,
              error -> assertThat(error.code()).isEqualTo(ErrorCode.GROUP_MISSING));
    }
  }

  @Test
  void aDeadLetterThatCannotBeWrittenLeavesItsEntryPending() {
    Lease mine = delivered("me", 5);
    Lease second = delivered("other", 5);
    run("SET", stream.dead().text(), "in the way");
    assertThatThrownBy(() -> executor.execute(myLeases.bury(mine, "REJECTED", "")))
        .isInstanceOfSatisfying(
            MessagingException.class,
            error -> assertThat(error.code()).isEqualTo(ErrorCode.WRONG_TYPE));
    ClaimCommands.Swept swept = sweep(myClaims, Duration.ZERO, 5, "-", 10);
    assertThat(swept.buried()).isZero();
    assertThat(swept.failure()).contains("WRONGTYPE");
    assertThat(pending(mine)).isEqualTo("me/5");
    assertThat(pending(second)).isEqualTo("other/5");
    Objects.requireNonNull(run("DEL", stream.dead().text()));
  }
}
