package dev.tandem.tenant.internal.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.tenant.quota.TenantUsage;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(60)
class TenantQuotasIT {
  /** Bytes counted for one of {@link #append}. */
  private static final long ENTRY = 64L + "datax".length();

  private final AtomicLong nanos = new AtomicLong();
  private RedisConnection redis;
  private Tenant tenant;
  private TenantQuotas quotas;
  private StreamKeys orders;

  @BeforeEach
  void connect(RedisServer server, @UniqueTenant String name) {
    redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
    tenant = Tenant.of(name);
    quotas = TenantQuotas.of(redis);
    orders = KeyLayout.of(redis).stream(tenant, "orders");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private void append(RedisKey stream, int entries) {
    for (int i = 0; i < entries; i++) {
      redis.commands().execute(Command.of("XADD").key(stream).arg("*").arg("data").arg("x"));
    }
  }

  private QuotaScripts.Room room(String holder, long held, long need, long wanted) {
    return QuotaScripts.room(
        redis.commands(),
        new QuotaScripts.RoomQuestion(orders, holder, 100, 0, held, 0, 0, need, wanted, 1, 0));
  }

  private QuotaScripts.Room bytes(int limit, int entries, int held) {
    return QuotaScripts.room(
        redis.commands(),
        new QuotaScripts.RoomQuestion(
            orders, "a", 0, limit * ENTRY, held, held * ENTRY, 0, entries, 0, entries * ENTRY, 0));
  }

  private void trimTo(int entries) {
    redis
        .commands()
        .execute(Command.of("XTRIM").key(orders.stream()).arg("MAXLEN").arg("=").arg(entries));
  }

  @Test
  void whatWasTrimmedOfManyThatWereAskedForAtOnceCountsNoMore() {
    assertThat(bytes(3_100, 3_000, 0).lacks()).isNull();
    append(orders.stream(), 3_000);
    assertThat(bytes(3_100, 100, 0).lacks()).isNull();
    assertThat(bytes(3_100, 1, 0).lacks()).isEqualTo(Quota.STREAM_BYTES);

    trimTo(2_500);

    // A thousand are counted at a time.
    await().until(() -> bytes(3_100, 500, 0).lacks() == null);
    append(orders.stream(), 500);
    assertThat(bytes(3_100, 101, 0).lacks()).isEqualTo(Quota.STREAM_BYTES);
    assertThat(bytes(3_100, 100, 0).lacks()).isNull();
  }

  @Test
  void whatWasUnderWayWhenAMarkWasMadeIsCountedBeforeRoomIsRefused() {
    int limit = 1_000;
    assertThat(bytes(limit, 600, 0).lacks()).isNull();
    append(orders.stream(), 600); // the process does not know it yet
    assertThat(bytes(limit, 300, 600).lacks()).isNull();
    append(orders.stream(), 300);
    assertThat(bytes(limit, 100, 300).lacks()).isNull();
    append(orders.stream(), 100);

    trimTo(500);

    assertThat(bytes(limit, 501, 0).lacks()).isEqualTo(Quota.STREAM_BYTES);
    assertThat(bytes(limit, 500, 0).lacks()).isNull();
  }

  @Test
  void aFullStreamIsNotCountedAgainWhileNothingChanges(RedisServer server) {
    assertThat(bytes(900, 900, 0).lacks()).isNull();
    append(orders.stream(), 900);
    assertThat(bytes(900, 1, 0).lacks()).isEqualTo(Quota.STREAM_BYTES);
    server.execute("CONFIG", "RESETSTAT");

    for (int i = 0; i < 10; i++) {
      assertThat(bytes(900, 1, 0).lacks()).isEqualTo(Quota.STREAM_BYTES);
    }

    assertThat(String.valueOf(server.execute("INFO", "commandstats")))
        .contains("cmdstat_xrevrange:calls=10,");
  }

  @Test
  void isSetShownReplacedAndRemoved() {
    TenantQuota all =
        TenantQuota.builder()
            .publishRate(1)
            .streamLength(2)
            .streamBytes(3)
            .liveChannels(4)
            .subscriptions(5)
            .deadLetters(6)
            .payloadSize(TenantQuota.MOST)
            .build();
    quotas.set(tenant, all);
    assertThat(quotas.of(tenant)).isEqualTo(all);
    quotas.set(tenant, TenantQuota.builder().deadLetters(7).build());
    assertThat(quotas.of(tenant).limits()).isEqualTo(Map.of(Quota.DEAD_LETTERS, 7L));
    quotas.remove(tenant);
    assertThat(quotas.of(tenant)).isEqualTo(TenantQuota.NONE);
    assertThatThrownBy(() -> TenantQuota.builder().publishRate(0))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("publish-rate");
  }

  @Test
  void roomThatOthersHaveIsNotGivenTwice() {
    append(orders.stream(), 50);
    assertThat(room("a", 0, 30, 0).entries()).isEqualTo(30);
    assertThat(room("b", 0, 21, 0).lacks()).isEqualTo(Quota.STREAM_LENGTH);
    assertThat(room("b", 0, 20, 100).entries()).isEqualTo(20);
    assertThat(room("a", 0, 30, 0).lacks()).as("its own is replaced").isNull();
    assertThat(room("a", 30, 1, 0).lacks()).isEqualTo(Quota.STREAM_LENGTH);
    assertThat(room("b", 0, 0, 0).entries()).as("given back").isZero();
    assertThat(room("c", 0, 50, 0).lacks()).isEqualTo(Quota.STREAM_LENGTH);
    assertThat(room("c", 0, 20, 0).lacks()).isNull();
  }

  @Test
  void onlyAQuarterOfWhatIsLeftIsGivenInAdvance() {
    QuotaScripts.Room room = room("a", 0, 20, 1_000);
    assertThat(room.entries()).isEqualTo(40);
    assertThat(room.isTight()).isFalse();
    assertThat(room("b", 0, 20, 1_000).isTight()).isTrue();
  }

  @Test
  void theBucketHoldsASecondsWorth() {
    var keys = KeyLayout.of(redis).quotas(tenant);
    assertThat(QuotaScripts.rate(redis.commands(), keys, 1_000, 500, 0, 0).taken()).isEqualTo(500);
    QuotaScripts.Rate second = QuotaScripts.rate(redis.commands(), keys, 1_000, 1_001, 0, 0);
    assertThat(second.taken()).isZero();
    assertThat(second.waitMillis()).isPositive();
    assertThat(QuotaScripts.rate(redis.commands(), keys, 1_000, 100, 800, 0).taken())
        .as("an eighth of the rest in advance")
        .isBetween(150L, 225L);
  }

  @Test
  void whatIsGivenBackFillsTheBucketButNeverAboveItsBrim() {
    var keys = KeyLayout.of(redis).quotas(tenant);
    assertThat(QuotaScripts.rate(redis.commands(), keys, 10, 10, 0, 0).taken()).isEqualTo(10);
    assertThat(QuotaScripts.rate(redis.commands(), keys, 10, 8, 0, 9).taken()).isEqualTo(8);
    assertThat(QuotaScripts.rate(redis.commands(), keys, 10, 11, 0, 100).taken()).isZero();
    assertThat(QuotaScripts.rate(redis.commands(), keys, 10, 10, 0, 0).taken()).isEqualTo(10);
  }

  private static String quotaOf(@Nullable Throwable refusal) {
    assertThat(refusal).isInstanceOf(QuotaExceededException.class);
    return ((QuotaExceededException) Objects.requireNonNull(refusal)).quota();
  }

  @Test
  void whatAFullStreamOrIndexRefusesCostsNothingOfTheRate() {
    TenantQuota few = TenantQuota.builder().publishRate(10).streamLength(1).liveChannels(1).build();
    quotas.set(tenant, few);
    append(orders.stream(), 1);
    var keys = KeyLayout.of(redis);
    redis.commands().execute(Command.of("ZADD").key(keys.channelIndex(tenant)).arg(1).arg("feed"));
    var board = keys.channel(tenant, "board");
    DirectQuota direct =
        Objects.requireNonNull(DirectQuota.of(redis, nanos::get, "direct"), "enforces");
    TransactionRights rights = direct.begin(tenant);
    QuotaGate gate =
        Objects.requireNonNull(QuotaGate.of(redis, nanos::get, () -> "gate"), "enforces");
    for (int i = 0; i < 30; i++) {
      assertThat(quotaOf(gate.stream(tenant, orders, "orders", 1, 99, 1)))
          .isEqualTo("stream-length");
      assertThat(quotaOf(catchThrowable(() -> rights.append(orders, "orders", 99, 1))))
          .isEqualTo("stream-length");
      assertThat(quotaOf(catchThrowable(() -> rights.channel(board, "board", true, 1))))
          .isEqualTo("live-channels");
    }
  }

  @Test
  void whatWentWithoutBeingAskedForIsCountedIfItArrivedAndOtherwiseNot() {
    StreamCredit credit = new StreamCredit(orders, "a");
    credit.limits(0, 1_000 * ENTRY);
    assertThat(credit.take(redis.commands(), 2, 2 * ENTRY, 0)).isNull();
    append(orders.stream(), 2);
    credit.settled(2, 2 * ENTRY, true);

    credit.unasked(2, 2 * ENTRY);
    credit.settled(2, 2 * ENTRY, false);
    credit.giveBack(redis.commands());
    assertThat(countedBytes()).isEqualTo(2 * ENTRY);

    credit.unasked(3, 3 * ENTRY);
    append(orders.stream(), 3);
    credit.settled(3, 3 * ENTRY, true);
    credit.giveBack(redis.commands());
    assertThat(countedBytes()).isEqualTo(5 * ENTRY);
  }

  private long countedBytes() {
    Command question = Command.of("HGET").key(orders.quota()).arg("total");
    return Long.parseLong(Replies.text(redis.commands().execute(question)));
  }

  @Test
  void whatATransactionGivesBackIsThereForOthersAtOnce() {
    TenantQuota quota =
        TenantQuota.builder().publishRate(4).streamLength(4).streamBytes(4 * ENTRY).build();
    quotas.set(tenant, quota);
    DirectQuota direct =
        Objects.requireNonNull(DirectQuota.of(redis, nanos::get, "direct"), "enforces");
    for (int i = 0; i < 20; i++) {
      TransactionRights rights = direct.begin(tenant);
      for (int j = 0; j < 4; j++) {
        rights.append(orders, "orders", ENTRY, 1);
      }
      assertThat(quotaOf(catchThrowable(() -> direct.publish(tenant, "orders", 4, 1))))
          .isEqualTo("publish-rate");
      assertThat(room("other", 0, 97, 0).lacks()).isEqualTo(Quota.STREAM_LENGTH);
      rights.giveBack();
      assertThat(room("other", 0, 97, 0).lacks()).isNull();
      assertThat(room("other", 0, 0, 0).lacks()).isNull();
    }
    assertThat(countedBytes()).isZero();
  }

  @Test
  void roomOfAProcessThatIsSilentIsFreeAgain() {
    assertThat(room("a", 0, 60, 0).lacks()).isNull();
    assertThat(room("b", 0, 50, 0).lacks()).isEqualTo(Quota.STREAM_LENGTH);
    await().until(() -> room("b", 0, 50, 0).lacks() == null);
  }

  @Test
  void whatWasKeptTooLongAgoTakesNoRoom() {
    var keys = KeyLayout.of(redis).quotas(tenant);
    var board = KeyLayout.of(redis).channel(tenant, "board");
    redis.commands().execute(Command.of("ZADD").key(keys.channels()).arg(1).arg("never-begun"));
    assertThat(QuotaScripts.channel(redis.commands(), board, keys, "board", 1)).isTrue();
    assertThat(QuotaScripts.channel(redis.commands(), board, keys, "board", 1)).isTrue();
    assertThat(QuotaScripts.channel(redis.commands(), board, keys, "feed", 1)).isFalse();
    redis.commands().execute(Command.of("HSET").key(keys.subscriptions()).arg("died").arg("5 1 1"));
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "a", 3, 1, 3)).isTrue();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "b", 1, 1, 3)).isFalse();
  }

  @Test
  void aLaterReportOfSubscriptionsIsNotUndone() {
    var keys = KeyLayout.of(redis).quotas(tenant);
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "a", 2, 7, 3)).isTrue();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "a", 1, 6, 3)).isTrue();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "b", 2, 1, 3)).isFalse();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "b", 1, 2, 3)).isTrue();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "a", 0, 8, 0)).isTrue();
    assertThat(QuotaScripts.subscriptions(redis.commands(), keys, "b", 3, 3, 3)).isTrue();
  }

  @Test
  void aChangeIsKnownAfterTwoSecondsAndNotAskedForBefore() {
    TenantLimits limits = new TenantLimits(redis, nanos::get);
    assertThat(limits.of(tenant)).isEqualTo(TenantQuota.NONE);
    quotas.set(tenant, TenantQuota.builder().deadLetters(7).build());
    nanos.addAndGet(Duration.ofMillis(1_999).toNanos());
    assertThat(limits.of(tenant)).isEqualTo(TenantQuota.NONE);
    nanos.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(limits.of(tenant).limits()).hasSize(1);
  }

  @Test
  void theReportShowsWhatATenantHasAndNothingOfANeighbour() {
    TenantQuota quota = TenantQuota.builder().publishRate(1_000).subscriptions(9).build();
    quotas.set(tenant, quota);
    append(orders.stream(), 5);
    append(KeyLayout.of(redis).stream(tenant, "payments").stream(), 3);
    append(orders.group("billing").dead(), 2);
    append(KeyLayout.of(redis).stream(Tenant.of(tenant.name() + "2"), "orders").stream(), 1);
    var keys = KeyLayout.of(redis).quotas(tenant);
    QuotaScripts.subscriptions(redis.commands(), keys, "a", 2, 1, 0);
    QuotaScripts.subscriptions(redis.commands(), keys, "b", 3, 1, 0);
    redis
        .commands()
        .execute(
            Command.of("ZADD").key(KeyLayout.of(redis).channelIndex(tenant)).arg(1).arg("board"));

    TenantUsage usage = quotas.usage(tenant);

    assertThat(usage.quota()).isEqualTo(quota);
    assertThat(usage.isComplete()).isTrue();
    assertThat(usage.streams())
        .extracting(TenantUsage.StreamUse::topic)
        .containsExactly("orders", "payments");
    assertThat(usage.entries()).isEqualTo(8);
    assertThat(usage.bytes()).isPositive();
    assertThat(usage.deadLetters())
        .containsExactly(new TenantUsage.GroupUse("orders", "billing", 2));
    assertThat(usage.channels()).isEqualTo(1);
    assertThat(usage.subscriptions()).isEqualTo(5);
    assertThat(usage.rate()).isZero();
  }
}
