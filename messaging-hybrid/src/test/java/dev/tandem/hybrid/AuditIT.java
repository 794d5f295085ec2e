package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.ORDERS;
import static dev.tandem.hybrid.TransactionStage.RECEIPTS;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.streams.eventstore.VersionConflictException;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is published, but not by a producer, a bus or a hybrid publisher, is audited too. */
@RedisTest
@Timeout(60)
class AuditIT {
  private static final EventCategory<String> ACCOUNTS =
      EventCategory.of("accounts", Serde.string());

  private final List<AuditRecord> records = new CopyOnWriteArrayList<>();
  private final TransactionStage stage;
  private final RedisConnection redis;

  AuditIT(RedisServer server, @UniqueTenant String name) {
    this.stage = new TransactionStage(server, name);
    this.redis =
        RedisConnection.builder().url(server.url()).enforceQuotas().audit(records::add).build();
  }

  @AfterEach
  void close() {
    stage.close();
    redis.close();
  }

  private List<String> seen(int count) {
    await().atMost(SOON).until(() -> records.size() >= count);
    assertThat(records).allSatisfy(each -> assertThat(each.toString()).doesNotContain("secret"));
    return records.stream()
        .map(
            each ->
                String.join(
                    " ",
                    each.tenant().equals(stage.tenant.name()) ? "own" : "foreign",
                    each.kind().toString(),
                    each.destination(),
                    each.type(),
                    String.valueOf(each.key()),
                    String.valueOf(each.failure())))
        .toList();
  }

  private void smallPayloadsOnly() {
    TenantQuotas.of(redis).set(stage.tenant, TenantQuota.builder().payloadSize(10).build());
  }

  @Test
  void whatIsScheduledOrNot() {
    smallPayloadsOnly();
    StreamScheduler scheduler = StreamScheduler.of(redis);
    Duration hour = Duration.ofHours(1);
    scheduler.sendAfter(stage.tenant, ORDERS, Message.of("placed", "secret").key("k"), hour);
    assertThatThrownBy(
            () ->
                scheduler.sendAfter(
                    stage.tenant, ORDERS, Message.of("placed", "secret too large"), hour))
        .isInstanceOf(QuotaExceededException.class);
    assertThat(seen(2))
        .containsExactly(
            "own STREAM orders placed k null", "own STREAM orders placed null QUOTA_EXCEEDED");
  }

  @Test
  void eventsThatAreAppendedOrNot() {
    smallPayloadsOnly();
    EventStore store = EventStore.of(redis);
    store.append(
        stage.tenant,
        ACCOUNTS,
        "a",
        ExpectedVersion.none(),
        List.of(Message.of("opened", "secret"), Message.of("paid", "secret").key("k")));
    assertThatThrownBy(
            () ->
                store.append(
                    stage.tenant,
                    ACCOUNTS,
                    "a",
                    ExpectedVersion.none(),
                    List.of(Message.of("opened", "secret"))))
        .isInstanceOf(VersionConflictException.class);
    assertThatThrownBy(
            () ->
                store.append(
                    stage.tenant,
                    ACCOUNTS,
                    "a",
                    ExpectedVersion.any(),
                    List.of(Message.of("closed", "secret too large"))))
        .isInstanceOf(QuotaExceededException.class);
    assertThat(seen(4))
        .containsExactly(
            "own STREAM accounts opened null null",
            "own STREAM accounts paid k null",
            "own STREAM accounts opened null " + ErrorCode.VERSION_CONFLICT,
            "own STREAM accounts closed null " + ErrorCode.QUOTA_EXCEEDED);
  }

  @Test
  void whatATransactionPublishesOnceThatItCommits() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    stage.start(
        stage.worker(redis),
        (message, tx) -> {
          tx.send(RECEIPTS, Message.of("receipt", "secret").key("k"));
          tx.publish(BOARD, Message.of("shown", "secret"));
          tx.publish(Message.of("done", "secret"), Route.toStream(RECEIPTS).andChannel(BOARD));
          if (tries.incrementAndGet() < 3) {
            throw new IllegalStateException("no");
          }
        });
    stage.send("m");
    await().atMost(SOON).until(() -> stage.pending() == 0 && tries.get() == 3);
    assertThat(seen(4))
        .containsExactly(
            "own STREAM receipts receipt k null",
            "own CHANNEL board shown null null",
            "own STREAM receipts done null null",
            "own CHANNEL board done null null");
  }
}
