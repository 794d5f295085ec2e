package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(120)
class OffboardingIT {
  private RedisServer server;
  private RedisConnection redis;
  private Tenant tenant;
  private Holdings holdings;
  private Map<RedisKey, KeyKind> own;
  private List<RedisKey> neighbours;
  private Map<RedisKey, List<Byte>> before;

  @BeforeEach
  void fill(RedisServer given, @UniqueTenant String name) {
    server = given;
    redis = RedisConnection.connect(server.url());
    tenant = Tenant.of(name);
    holdings = new Holdings(redis);
    own = Holdings.all(KeyLayout.plain(), tenant);
    neighbours = new ArrayList<>(Holdings.neighbours(name));
    neighbours.addAll(Holdings.all(KeyLayout.hashTagged(), tenant).keySet());
    neighbours.addAll(Holdings.all(KeyLayout.plain(), Tenant.of(name + "2")).keySet());
    neighbours = neighbours.stream().distinct().toList();
    holdings.fill(own.keySet());
    holdings.fill(neighbours);
    before = holdings.dump(neighbours);
    assertThat(before).hasSameSizeAs(neighbours);
  }

  @AfterEach
  void clean() {
    holdings.delete(own.keySet());
    holdings.delete(neighbours);
    redis.close();
  }

  private void assertThatOnlyNeighboursAreLeft() {
    assertThat(holdings.count(own.keySet())).isZero();
    assertThat(holdings.dump(neighbours)).isEqualTo(before);
  }

  @Test
  void deletesEverythingOfItsTenantAndNothingOfNeighbours() {
    List<Long> progress = new ArrayList<>();
    OffboardingReport report =
        Offboarding.builder(redis)
            .batch(3)
            .listener(soFar -> progress.add(soFar.keys()))
            .build()
            .run(tenant);

    assertThatOnlyNeighboursAreLeft();
    assertThat(report.clean()).isTrue();
    assertThat(report.dryRun()).isFalse();
    assertThat(report.passes()).isEqualTo(2);
    assertThat(report.userRemoved()).isFalse();
    assertThat(report.keys()).isEqualTo(own.size());
    assertThat(report.bytes()).isGreaterThan(50L * own.size());
    assertThat(progress).isSorted().hasSizeGreaterThanOrEqualTo(own.size() / 3);
    OffboardingReport again = Offboarding.of(redis).run(tenant);
    assertThat(again.clean()).isTrue();
    assertThat(again.found()).isEmpty();
    assertThat(again.passes()).isEqualTo(1);
  }

  @Test
  void aDryRunTellsWhatThereIsAndLeavesIt() {
    RedisKey foreign = RedisKey.of("tenant:" + tenant + ":made:by:hand");
    own.put(foreign, KeyKind.OTHER);
    holdings.fill(List.of(foreign));
    Map<RedisKey, List<Byte>> all = holdings.dump(own.keySet());

    OffboardingReport report = Offboarding.of(redis).dryRun(tenant);

    assertThat(report.dryRun()).isTrue();
    assertThat(report.clean()).isFalse();
    assertThat(report.found().keySet()).isEqualTo(EnumSet.allOf(KeyKind.class));
    report
        .found()
        .forEach(
            (kind, amount) -> {
              assertThat(amount.keys())
                  .as("keys of kind %s", kind)
                  .isEqualTo(own.values().stream().filter(kind::equals).count());
              assertThat(amount.bytes()).isPositive();
            });
    assertThat(holdings.dump(own.keySet())).isEqualTo(all);
    assertThat(holdings.dump(neighbours)).isEqualTo(before);
    assertThat(Offboarding.of(redis).dryRun(Tenant.of("none-" + tenant)).clean()).isTrue();
  }

  @Test
  void keysAreListedInOrderByPart() {
    TenantKeys keys = TenantKeys.of(redis);
    List<TenantKey> listed = new ArrayList<>();
    RedisKey after = null;
    while (true) {
      List<TenantKey> part = keys.list(tenant, EnumSet.allOf(KeyKind.class), after, 7);
      if (part.isEmpty()) {
        break;
      }
      assertThat(part).hasSizeLessThanOrEqualTo(7);
      listed.addAll(part);
      after = part.get(part.size() - 1).key();
    }
    assertThat(listed).extracting(each -> each.key().text()).isSorted().doesNotHaveDuplicates();
    assertThat(listed).hasSameSizeAs(own.keySet());
    listed.forEach(each -> assertThat(own.get(each.key())).isEqualTo(each.kind()));
    assertThat(keys.list(tenant, EnumSet.of(KeyKind.DEAD_LETTERS), null, 10))
        .singleElement()
        .satisfies(each -> assertThat(each.names()).containsExactly("orders", "billing"));
  }

  @Test
  void cutOffAtEveryStepItGoesOnAndEndsTheSame(FaultProxy proxy) {
    int cut = 0;
    boolean finished = false;
    while (!finished) {
      holdings.fill(
          own.keySet().stream().filter(key -> holdings.count(List.of(key)) == 0).toList());
      AtomicInteger left = new AtomicInteger(cut);
      proxy.executeButDropReply(
          line -> line.matches("(?s)(SCAN|UNLINK|INFO|MEMORY) .*") && left.getAndDecrement() == 0);
      try (RedisConnection cutOff = impatient(proxy.url())) {
        Offboarding offboarding = Offboarding.builder(cutOff).batch(5).build();
        finished = succeeds(offboarding);
        if (!finished) {
          assertThat(holdings.dump(neighbours)).isEqualTo(before);
          assertThat(Offboarding.of(redis).run(tenant).clean()).as("cut at %s", cut).isTrue();
        }
      }
      proxy.heal();
      assertThatOnlyNeighboursAreLeft();
      cut++;
    }
    assertThat(cut).as("steps that were cut").isGreaterThan(2 * own.size());
  }

  @Test
  void cutOffWhileItsUserGoesItGoesOnAndEndsTheSame(FaultProxy proxy) {
    TenantAcl acl = TenantAcl.of(redis);
    Tenant longer = Tenant.of(tenant + "2");
    acl.create(longer);
    int cut = 0;
    boolean finished = false;
    while (!finished) {
      acl.create(tenant);
      holdings.fill(List.of(own.keySet().iterator().next()));
      AtomicInteger left = new AtomicInteger(cut);
      proxy.executeButDropReply(
          line -> line.matches("(?s)(ACL|CLIENT|SCAN) .*") && left.getAndDecrement() == 0);
      try (RedisConnection cutOff = impatient(proxy.url())) {
        TenantAcl through = TenantAcl.of(cutOff);
        finished = succeeds(Offboarding.builder(cutOff).removingUser(through).build());
      }
      proxy.heal();
      if (!finished) {
        Offboarding again = Offboarding.builder(redis).removingUser(acl).build();
        assertThat(again.run(tenant).clean()).as("cut at %s", cut).isTrue();
      }
      assertThat(acl.show(tenant).exists()).as("user when cut at %s", cut).isFalse();
      assertThat(acl.show(longer).exists()).isTrue();
      cut++;
    }
    assertThat(cut).as("steps that were cut").isGreaterThan(2);
    acl.remove(longer);
    assertThat(Offboarding.of(redis).run(tenant).clean()).isTrue();
    assertThatOnlyNeighboursAreLeft();
  }

  @Test
  void aServerKilledAtAnyStepKeepsWhatIsDeletedDeletedAndAllOfNeighbours() {
    try (RedisServer killed = RedisServer.builder().appendOnly(true).start();
        FaultProxy proxy = FaultProxy.to(killed);
        RedisConnection connection = impatient(proxy.url())) {
      Holdings there = new Holdings(connection);
      there.fill(neighbours);
      Map<RedisKey, List<Byte>> unharmed = there.dump(neighbours);
      for (String step : List.of("INFO", "SCAN", "MEMORY", "UNLINK")) {
        for (int nth : new int[] {0, 1}) {
          there.fill(own.keySet().stream().filter(k -> there.count(List.of(k)) == 0).toList());
          AtomicInteger left = new AtomicInteger(nth);
          AtomicBoolean kills = new AtomicBoolean();
          proxy.executeButDropReply(
              line -> {
                if (line.startsWith(step + " ") && left.getAndDecrement() == 0) {
                  killed.kill();
                  killed.restart();
                  kills.set(true);
                }
                return false;
              });
          Offboarding offboarding = Offboarding.builder(connection).batch(5).build();
          boolean clean = false;
          while (!clean) {
            clean = isCleanAfter(offboarding);
          }
          proxy.heal();

          assertThat(kills).as("killed at %s %s", step, nth).isTrue();
          assertThat(there.count(own.keySet())).as("killed at %s %s", step, nth).isZero();
          assertThat(there.dump(neighbours)).isEqualTo(unharmed);
        }
      }
    }
  }

  @Test
  void whatABatchDeletedIsGoneForGoodWhenTheServerIsKilledBehindIt() {
    try (RedisServer killed = RedisServer.builder().appendOnly(true).start();
        RedisConnection connection = impatient(killed.url())) {
      Holdings there = new Holdings(connection);
      there.fill(own.keySet());
      there.fill(neighbours);
      Map<RedisKey, List<Byte>> unharmed = there.dump(neighbours);
      Offboarding offboarding =
          Offboarding.builder(connection)
              .batch(7)
              .listener(
                  soFar -> {
                    if (soFar.passes() == 1) {
                      long left = there(killed);
                      killed.kill();
                      killed.restart();
                      assertThat(there(killed)).isEqualTo(left);
                    }
                  })
              .build();
      boolean clean = false;
      while (!clean) {
        clean = isCleanAfter(offboarding);
      }
      assertThat(there.count(own.keySet())).isZero();
      assertThat(there.dump(neighbours)).isEqualTo(unharmed);
    }
  }

  /** How many of the tenant's keys this server has, asked on a connection of its own. */
  private long there(RedisServer some) {
    try (RedisConnection asking = RedisConnection.connect(some.url())) {
      return new Holdings(asking).count(own.keySet());
    }
  }

  /** False if it was interrupted, and is to be called again. */
  private boolean isCleanAfter(Offboarding offboarding) {
    try {
      return offboarding.run(tenant).clean();
    } catch (MessagingException e) {
      assertThat(e.code())
          .isIn(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.UNAVAILABLE, ErrorCode.SERVER_BUSY);
      return false;
    }
  }

  private boolean succeeds(Offboarding offboarding) {
    try {
      assertThat(offboarding.run(tenant).clean()).isTrue();
      return true;
    } catch (MessagingException e) {
      assertThat(e.code()).isIn(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.UNAVAILABLE);
      return false;
    }
  }

  private static RedisConnection impatient(String url) {
    return RedisConnection.builder().url(url).retry(1, Duration.ofMillis(1)).lazy().build();
  }

  @Test
  void aKilledProcessIsFollowedByAnother() throws Exception {
    int total = own.size();
    killedAt(4);
    assertThat(holdings.count(own.keySet())).isEqualTo(total - 4);
    killedAt(9);
    assertThat(holdings.count(own.keySet())).isEqualTo(total - 13);
    assertThat(holdings.dump(neighbours)).isEqualTo(before);

    OffboardingReport report = Offboarding.of(redis).run(tenant);

    assertThat(report.clean()).isTrue();
    assertThat(report.keys()).isEqualTo(total - 13);
    assertThatOnlyNeighboursAreLeft();
  }

  private void killedAt(int keys) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OffboardingMain.class.getName(),
                server.url(),
                tenant.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = process.inputReader()) {
      for (int i = 1; i <= keys; i++) {
        if (i > 1) {
          process.getOutputStream().write('\n');
          process.getOutputStream().flush();
        }
        assertThat(out.readLine()).isEqualTo("deleted " + i);
      }
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void whileSomebodyWritesItIsNotCleanAndAfterwardsItIs() {
    AtomicInteger written = new AtomicInteger();
    List<RedisKey> late = new ArrayList<>();
    Offboarding offboarding =
        Offboarding.builder(redis)
            .listener(
                report -> {
                  RedisKey key =
                      KeyLayout.plain().stream(tenant, "late-" + written.incrementAndGet())
                          .stream();
                  late.add(key);
                  holdings.fill(List.of(key));
                })
            .build();

    OffboardingReport report = offboarding.run(tenant);

    assertThat(report.clean()).isFalse();
    assertThat(report.passes()).isEqualTo(Offboarding.MOST_PASSES);
    assertThat(holdings.count(own.keySet())).isZero();
    assertThat(holdings.count(late)).isPositive();
    assertThat(Offboarding.of(redis).run(tenant).clean()).isTrue();
    assertThat(holdings.count(late)).isZero();
    assertThatOnlyNeighboursAreLeft();
  }

  @Test
  void itsUserGoesFirst() {
    TenantAcl acl = TenantAcl.of(redis);
    Tenant longer = Tenant.of(tenant + "2");
    TenantLogin login = acl.create(tenant);
    acl.create(longer);
    List<Boolean> userThere = new ArrayList<>();
    try (RedisConnection as =
        RedisConnection.builder()
            .url(server.url())
            .credentials(login.user(), login.secret())
            .retry(1, Duration.ofMillis(1))
            .build()) {
      Offboarding.builder(redis)
          .removingUser(acl)
          .batch(10)
          .listener(report -> userThere.add(acl.show(tenant).exists()))
          .build()
          .run(tenant);
      assertThatThrownBy(as::serverTime).isInstanceOf(MessagingException.class);
    }
    assertThat(userThere).isNotEmpty().containsOnly(false);
    assertThat(acl.show(longer).exists()).isTrue();
    assertThat(acl.remove(longer)).isTrue();
    assertThatOnlyNeighboursAreLeft();
  }

  @Test
  void aTenantsOwnUserMayNotAndIsTold() {
    TenantAcl acl = TenantAcl.of(redis);
    TenantLogin login = acl.create(tenant);
    try (RedisConnection as =
        RedisConnection.builder()
            .url(server.url())
            .credentials(login.user(), login.secret())
            .build()) {
      assertThatThrownBy(() -> Offboarding.of(as).run(tenant))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.ACCESS_DENIED));
    } finally {
      acl.remove(tenant);
    }
    assertThat(holdings.count(own.keySet())).isEqualTo(own.size());
  }

  @Test
  void tenThousandKeysTakeFewCallsAndEachIsShort() {
    List<Command> commands =
        IntStream.range(0, 10_000)
            .mapToObj(
                i ->
                    Command.of("SET")
                        .key(RedisKey.of("tenant:" + tenant + ":stream:s" + i))
                        .arg("v"))
            .toList();
    redis.commands().executeAll(commands).forEach(Replies::orThrow);
    long all = Replies.number(redis.commands().execute(Command.of("DBSIZE")));
    long trips = redis.stats().roundTrips();
    List<Long> progress = new ArrayList<>(List.of(0L));

    OffboardingReport report =
        Offboarding.builder(redis)
            .listener(soFar -> progress.add(soFar.keys()))
            .build()
            .run(tenant);

    assertThat(report.clean()).isTrue();
    assertThat(report.keys()).isEqualTo(10_000 + own.size());
    for (int i = 1; i < progress.size(); i++) {
      assertThat(progress.get(i) - progress.get(i - 1))
          .isBetween(0L, (long) Offboarding.DEFAULT_BATCH);
    }
    // A table is at most half empty when it grows; each page may end with a part of a batch.
    assertThat(redis.stats().roundTrips() - trips).isLessThan(200 + 6 * all / TenantKeys.STEP);
    assertThatOnlyNeighboursAreLeft();
  }

  @Test
  void badOptionsAreRefused() {
    assertThatThrownBy(() -> Offboarding.builder(redis).batch(0))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("batch");
    for (String name : List.of("*", "acme*", "acme:x", "{acme}", "", "ac me", "acm\u0435")) {
      assertThatThrownBy(() -> Tenant.of(name)).isInstanceOf(InvalidValueException.class);
    }
    assertThat(holdings.count(own.keySet())).isEqualTo(own.size());
  }

  @Test
  void aPassOverARestartDoesNotCountAsWhole() {
    try (RedisServer restarting = RedisServer.builder().appendOnly(true).start();
        RedisConnection connection = RedisConnection.connect(restarting.url())) {
      new Holdings(connection).fill(own.keySet());
      TenantKeys keys = TenantKeys.of(connection);
      assertThat(keys.visit(tenant, page -> {})).isTrue();
      assertThat(keys.visit(tenant, page -> restarting.restart())).isFalse();
      assertThat(Offboarding.of(connection).run(tenant).clean()).isTrue();
    }
  }
}
