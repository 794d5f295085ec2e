package dev.tandem.streams.internal.trim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.Deletion;
import dev.tandem.streams.GroupLoss;
import dev.tandem.streams.PinAlarm;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.TrimReport;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code trim.lua} and what is around it, on the server that the tests run on. */
@RedisTest
class TrimIT {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final RedisConnection redis;
  private final Tenant tenant;
  private final StreamKeys keys;
  private final MetricRegistry metrics = new MetricRegistry();
  private final Trimmer trimmer = new Trimmer(metrics, "orders");

  TrimIT(RedisServer server, @UniqueTenant String tenant) {
    redis = RedisConnection.connect(server.url());
    this.tenant = Tenant.of(tenant);
    keys = KeyLayout.plain().stream(this.tenant, "orders");
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

  private String key() {
    return keys.stream().text();
  }

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      run("XADD", key(), i + "-0", "data", "d" + i);
    }
  }

  private void group(String name, String position) {
    run("XGROUP", "CREATE", key(), name, position, "MKSTREAM");
  }

  private void read(String group, int count) {
    run("XREADGROUP", "GROUP", group, "c", "COUNT", count + "", "STREAMS", key(), ">");
  }

  private void acknowledge(String group, int... ids) {
    for (int id : ids) {
      run("XACK", key(), group, id + "-0");
    }
  }

  private List<Long> left() {
    return Replies.list(run("XRANGE", key(), "-", "+")).stream()
        .map(e -> EntryId.parse(Replies.text(Replies.list(e).get(0))).millis())
        .toList();
  }

  private TrimReport trim(Trimming trimming) {
    return trimmer.run(redis.commands(), keys, trimming);
  }

  private Map<String, String> account() {
    Map<String, String> account = new HashMap<>();
    Replies.map(run("HGETALL", keys.trim().text()))
        .forEach((name, value) -> account.put(name, Replies.text(value)));
    return account;
  }

  @Test
  void withoutGroupsNothingIsAcknowledged() {
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 0));
    add(1, 300);
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 300));
    assertThat(trim(Trimming.none())).isEqualTo(report(0, 300));
  }

  private static TrimReport report(long removed, long remaining, GroupLoss... losses) {
    return new TrimReport(removed, remaining, true, List.of(losses), true);
  }

  @Test
  void onlyWhatEveryGroupHasAcknowledgedIsRemoved() {
    add(1, 300);
    group("a", "0");
    group("b", "0");
    read("a", 250);
    read("b", 200);
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 300));
    acknowledge("a", IntStream.rangeClosed(1, 250).toArray());
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 300));
    acknowledge("b", IntStream.rangeClosed(1, 130).toArray());
    acknowledge("b", IntStream.rangeClosed(132, 200).toArray());
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(130, 170));
    assertThat(left().get(0)).isEqualTo(131);
    acknowledge("b", 131);
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(70, 100));
    assertThat(left().get(0)).isEqualTo(201);
    assertThat(metrics.counter("tandem.streams.trim.orders.removed").getCount()).isEqualTo(200);
    assertThat(account()).containsOnly(Map.entry("removed", "200"));
  }

  @Test
  void whatIsPendingBeyondTheGroupsPositionAndWhatIsBehindItStays() {
    add(1, 10);
    group("a", "0");
    read("a", 10);
    run("XGROUP", "SETID", key(), "a", "3-0");
    acknowledge("a", 1, 2, 3, 5, 6, 7, 8, 9, 10);
    assertThat(trim(Trimming.acknowledged()).removed()).isEqualTo(3);
    assertThat(left()).startsWith(4L);
  }

  @Test
  void idsAreComparedAsTheUnsignedNumbersTheyAre() {
    String[] ids = {
      "9-18446744073709551615",
      "10-0",
      "9007199254740993-9",
      "9007199254740993-10",
      "9223372036854775808-1",
      "18446744073709551614-99",
      "18446744073709551615-1",
    };
    for (String id : ids) {
      run("XADD", key(), id, "data", "d");
    }
    group("a", "0");
    read("a", 10);
    for (int i = 0; i < ids.length; i++) {
      run("XACK", key(), "a", ids[i]);
      run("XGROUP", "SETID", key(), "a", ids[i]);
      assertThat(trim(Trimming.acknowledged()).removed()).isEqualTo(1);
      assertThat(Replies.number(run("XLEN", key()))).isEqualTo(ids.length - i - 1);
    }
  }

  private void mark(String group, int number) {
    run("XGROUP", "CREATECONSUMER", key(), group, ConsumerName.MARK_PREFIX + number);
  }

  /** As if the loss that trimming knows of had been so long ago. */
  private void lossWas(Duration ago) {
    long at = redis.serverTime().minus(ago).toEpochMilli();
    run("HSET", keys.trim().text(), "lost-at", Long.toString(at));
  }

  /** Two groups, of which one has acknowledged everything and the other nothing. */
  private void twoMarkedGroups() {
    add(1, 10);
    for (String group : List.of("done", "behind")) {
      group(group, "0");
      mark(group, 1);
      read(group, 10);
    }
    acknowledge("done", IntStream.rangeClosed(1, 10).toArray());
    assertThat(trim(Trimming.acknowledged()).removed()).isZero();
  }

  @Test
  void aGroupThatIsLostStillNeedsWhatItHasNotAcknowledged() {
    twoMarkedGroups();
    run("XGROUP", "DESTROY", key(), "behind");
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    group("behind", "10-0"); // what was pending is being given back to it
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    mark("behind", 2); // others may still know more
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    lossWas(Duration.ofSeconds(50));
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    lossWas(Duration.ofSeconds(60));
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(10, 0));
    run("XGROUP", "DESTROY", key(), "behind");
    add(11, 12);
    read("done", 10);
    acknowledge("done", 11, 12);
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 2));
  }

  @Test
  void aGroupThatDoesNotComeBackIsForgottenInTheEnd() {
    twoMarkedGroups();
    run("XGROUP", "DESTROY", key(), "behind");
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    assertThat(account()).containsEntry("mark:behind", "gone");
    lossWas(Duration.ofSeconds(61));
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(10, 0));
    assertThat(account()).doesNotContainKey("mark:behind").containsKey("mark:done");
  }

  @Test
  void aLossFromBeforeTheClockWasSetBackHoldsNothingBack() {
    twoMarkedGroups();
    run("XGROUP", "DESTROY", key(), "behind");
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 10));
    lossWas(Duration.ofHours(-1));
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(10, 0));
    assertThat(account()).doesNotContainKey("mark:behind");
  }

  @Test
  void aGroupThatIsDeletedOnPurposeHoldsNothingBack() {
    twoMarkedGroups();
    StreamAdmin.of(redis).deleteGroup(tenant, "orders", "behind", Deletion.FORCED);
    assertThat(account()).containsOnlyKeys("mark:done");
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(10, 0));
  }

  @Test
  void aStreamThatIsMadeAgainIsNotTrimmedBeforeItsGroupsAreBack() {
    twoMarkedGroups();
    run("DEL", key());
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 0));
    add(1, 3);
    group("done", "0");
    mark("done", 2);
    read("done", 3);
    acknowledge("done", 1, 2, 3);
    assertThat(trim(Trimming.acknowledged())).isEqualTo(report(0, 3));
  }

  @Test
  void aPreviewSaysThatNothingIsRemovedAfterALossAndNotesNothing() {
    twoMarkedGroups();
    Map<String, String> before = account();
    run("XGROUP", "DESTROY", key(), "behind");
    TrimStep step = TrimStep.ask(redis.commands(), keys, TrimRule.of(Trimming.acknowledged()));
    assertThat(step.free()).isEmpty();
    assertThat(step.foundLost()).containsExactly("behind");
    assertThat(account()).isEqualTo(before);
  }

  @Test
  void anAbandonedGroupIsNotTrimmedAwayAfterALossEither() {
    twoMarkedGroups();
    Trimming policy = Trimming.acknowledged().mostPinned(1).abandonedAfter(PATIENCE);
    run("XGROUP", "DESTROY", key(), "behind");
    await().atMost(Duration.ofSeconds(60)).until(() -> idle("done") > PATIENCE.toMillis());
    assertThat(trim(policy)).isEqualTo(report(0, 10));
  }

  @Test
  void otherPoliciesGoOnAfterALoss() {
    twoMarkedGroups();
    run("XGROUP", "DESTROY", key(), "behind");
    assertThat(trim(Trimming.byLength(4))).isEqualTo(report(6, 4));
  }

  @Test
  void theNewestAreKeptAndWhatGroupsLoseIsCountedOnce() {
    add(1, 250);
    group("a", "0");
    group("b", "$");
    read("a", 120);
    acknowledge("a", 1, 2, 3, 119);
    assertThat(trim(Trimming.byLength(60))).isEqualTo(report(190, 60, new GroupLoss("a", 70, 116)));
    assertThat(trim(Trimming.byLength(60))).isEqualTo(report(0, 60));
    add(251, 260);
    assertThat(trim(Trimming.byLength(60))).isEqualTo(report(10, 60, new GroupLoss("a", 10, 0)));
    assertThat(account())
        .containsOnly(
            Map.entry("removed", "200"),
            Map.entry("unread:a", "80"),
            Map.entry("pending:a", "116"),
            Map.entry("lost-from:a", "120-1"),
            Map.entry("lost-to:a", "201-0"));
    assertThat(trim(Trimming.byLength(0)).losses())
        .containsExactly(new GroupLoss("a", 60, 0), new GroupLoss("b", 10, 0));
    assertThat(metrics.counter("tandem.streams.trim.orders.lost").getCount()).isEqualTo(266);
  }

  @Test
  void olderOnesAreRemovedByTheServersClock() {
    add(1, 10);
    run("XADD", key(), "*", "data", "new");
    group("a", "0");
    assertThat(trim(Trimming.byAge(Duration.ofHours(1))))
        .isEqualTo(report(10, 1, new GroupLoss("a", 10, 0)));
  }

  @Test
  void anAbandonedGroupLosesWhatItPinsBeyondTheCapAndALiveOneNothing() {
    add(1, 100);
    group("gone", "0");
    group("live", "0");
    read("gone", 10);
    read("live", 50);
    Trimming policy = Trimming.acknowledged().mostPinned(30).abandonedAfter(PATIENCE);
    assertThat(trim(policy)).isEqualTo(report(0, 100));
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              run("XCLAIM", key(), "live", "c", "0", "31-0", "JUSTID");
              assertThat(trim(policy).removed()).isZero();
              assertThat(idle("gone")).isGreaterThan(PATIENCE.toMillis());
            });
    acknowledge("live", IntStream.rangeClosed(1, 40).toArray());
    run("XCLAIM", key(), "live", "c", "0", "41-0", "JUSTID");
    assertThat(trim(policy)).isEqualTo(report(40, 60, new GroupLoss("gone", 30, 10)));
    acknowledge("live", IntStream.rangeClosed(41, 50).toArray());
    run("XREADGROUP", "GROUP", "live", "c", "COUNT", "50", "STREAMS", key(), ">");
    assertThat(trim(policy)).isEqualTo(report(10, 50, new GroupLoss("gone", 10, 0)));
    acknowledge("live", IntStream.rangeClosed(51, 100).toArray());
    assertThat(trim(policy)).isEqualTo(report(20, 30, new GroupLoss("gone", 20, 0)));
  }

  private long idle(String group) {
    return Replies.number(
        Replies.map(Replies.list(run("XINFO", "CONSUMERS", key(), group)).get(0)).get("idle"));
  }

  @Test
  void aGroupWithoutConsumersIsAbandonedOnceItWasSeenToStandStill() {
    add(1, 100);
    group("never", "0");
    Trimming policy = Trimming.acknowledged().mostPinned(30).abandonedAfter(PATIENCE);
    assertThat(trim(policy).removed()).isZero();
    assertThat(account()).containsKey("quiet:never");
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(trim(policy)).isEqualTo(report(70, 30, new GroupLoss("never", 70, 0))));
    read("never", 1);
    trim(policy);
    assertThat(account()).doesNotContainKey("quiet:never");
  }

  @Test
  void aGroupThatWasUpToDateAllTheTimeIsNotAbandonedByABurst() throws Exception {
    add(1, 1);
    group("a", "0");
    read("a", 1);
    acknowledge("a", 1);
    await().atMost(Duration.ofSeconds(60)).until(() -> idle("a") > PATIENCE.toMillis());
    // At once: what takes long to come is no burst.
    run("EVAL", "for i = 1, 100 do redis.call('XADD', KEYS[1], '*', 'data', 'd') end", "1", key());
    Trimming policy = Trimming.acknowledged().mostPinned(30).abandonedAfter(PATIENCE);
    assertThat(trim(policy)).isEqualTo(report(1, 100));
  }

  @Test
  void alarmsAreRaisedOnceForEachThresholdAlsoForALiveGroup() {
    List<PinAlarm> alarms = new ArrayList<>();
    Trimming policy = Trimming.acknowledged().mostPinned(100).onAlarm(alarms::add);
    group("slow", "0");
    group("fast", "0");
    add(1, 79);
    read("fast", 50);
    acknowledge("fast", IntStream.rangeClosed(1, 50).toArray());
    trim(policy);
    assertThat(alarms).isEmpty();
    add(80, 80);
    trim(policy);
    trim(policy);
    assertThat(alarms).containsExactly(new PinAlarm(key(), "slow", 80, 100, false));
    add(81, 100);
    trim(policy);
    trim(policy);
    assertThat(alarms).hasSize(2).contains(new PinAlarm(key(), "slow", 100, 100, false));
    read("slow", 60);
    acknowledge("slow", IntStream.rangeClosed(1, 60).toArray());
    trim(policy);
    assertThat(alarms).hasSize(2);
    add(101, 150);
    trim(policy);
    assertThat(alarms).hasSize(3).contains(new PinAlarm(key(), "fast", 100, 100, false));
    read("fast", 10);
    acknowledge("fast", IntStream.rangeClosed(51, 60).toArray());
    trim(policy);
    assertThat(alarms).hasSize(4).endsWith(new PinAlarm(key(), "slow", 90, 100, false));
    assertThat(metrics.counter("tandem.streams.trim.orders.alarms").getCount()).isEqualTo(4);
  }

  @Test
  void oneProcessAtATimeTrims() {
    add(1, 10);
    Trimming policy = Trimming.byLength(5);
    Duration every = Duration.ofMinutes(1);
    Trimmer other = new Trimmer(metrics, "orders");
    assertThat(trimmer.runInTurn(redis.commands(), keys, policy, every)).contains(report(5, 5));
    add(11, 20);
    assertThat(other.runInTurn(redis.commands(), keys, policy, every)).isEmpty();
    assertThat(other.runInTurn(redis.commands(), keys, Trimming.none(), every)).isEmpty();
    run("DEL", keys.trimTurn().text());
    assertThat(other.runInTurn(redis.commands(), keys, policy, every)).contains(report(10, 5));
  }

  @Test
  void muchIsRemovedInSteps() {
    Command fill =
        Command.of("EVAL")
            .arg("for i = 1, 5500 do redis.call('XADD', KEYS[1], i .. '-0', 'data', 'd') end")
            .arg(1)
            .key(keys.stream());
    redis.commands().execute(fill);
    group("a", "0");
    TrimStep step = TrimStep.run(redis.commands(), keys, TrimRule.of(Trimming.byLength(10)));
    assertThat(step.removed()).isEqualTo(TrimStep.MOST);
    assertThat(step.more()).isTrue();
    assertThat(trim(Trimming.byLength(10)))
        .isEqualTo(report(4990, 10, new GroupLoss("a", 4990, 0)));
  }

  /** Groups at random positions, with random entries pending and some deleted, against a model. */
  @Test
  void whatIsLostIsCountedAsAModelCountsIt() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Map<String, Model> groups = new HashMap<>();
    for (String name : List.of("a", "b", "c")) {
      group(name, "0");
      groups.put(name, new Model());
    }
    TreeSet<Integer> present = new TreeSet<>();
    int last = 0;
    for (int round = 0; round < 150; round++) {
      int added = random.nextInt(40);
      add(last + 1, last + added);
      for (int i = 1; i <= added; i++) {
        present.add(last + i);
      }
      last += added;
      for (Map.Entry<String, Model> group : groups.entrySet()) {
        int count = 1 + random.nextInt(40);
        read(group.getKey(), count);
        Model model = group.getValue();
        present.tailSet(model.delivered, false).stream().limit(count).forEach(model.pending::add);
        model.delivered =
            model.pending.isEmpty()
                ? model.delivered
                : Math.max(model.delivered, model.pending.last());
        for (Integer id : List.copyOf(model.pending)) {
          if (random.nextInt(3) > 0) {
            acknowledge(group.getKey(), id);
            model.pending.remove(id);
          }
        }
      }
      int keep = random.nextInt(120);
      Map<String, GroupLoss> expected = new HashMap<>();
      TreeSet<Integer> removed = new TreeSet<>();
      while (present.size() > keep) {
        removed.add(present.pollFirst());
      }
      groups.forEach(
          (name, model) -> {
            long unread = removed.stream().filter(id -> id > model.delivered).count();
            long pending = removed.stream().filter(model.pending::contains).count();
            if (unread + pending > 0) {
              expected.put(name, new GroupLoss(name, unread, pending));
            }
          });
      TrimReport report = trim(Trimming.byLength(keep));
      assertThat(report.losses())
          .as("seed %d round %d", seed, round)
          .containsExactlyInAnyOrderElementsOf(expected.values());
      assertThat(report.removed()).as("seed %d round %d", seed, round).isEqualTo(removed.size());
    }
  }

  private static final class Model {
    int delivered;
    final TreeSet<Integer> pending = new TreeSet<>();
  }
}
