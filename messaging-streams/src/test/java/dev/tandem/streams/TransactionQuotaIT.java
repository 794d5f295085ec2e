package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A transaction that a quota refuses leaves nothing; its message goes by the retry policy. */
@RedisTest
@Timeout(90)
class TransactionQuotaIT {
  private static final String STATE = "balances";
  private static final StreamTopic<String> RECEIPTS = StreamTopic.of("receipts", Serde.string());

  private final Fixture fixture;
  private final Tenant neighbour;
  private final RedisConnection redis;
  private final TenantQuotas quotas;
  private final StateStore states;

  TransactionQuotaIT(RedisServer server, @UniqueTenant String name) {
    this.fixture = new Fixture(server.url(), name);
    this.neighbour = Tenant.of(name + "2");
    this.redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
    this.quotas = TenantQuotas.of(redis);
    this.states = StateStore.of(redis);
  }

  @AfterEach
  void close() {
    fixture.close();
    redis.close();
  }

  /** Changes state and sends one output, as large as the message. */
  private StreamWorker start(RetryPolicy retry) throws InterruptedException {
    return fixture.start(
        fixture
            .worker(redis)
            .tenant(neighbour)
            .retry(retry)
            .transactional(
                (message, tx) -> {
                  tx.state(STATE).increment("handled", 1);
                  tx.send(RECEIPTS, Message.of("receipt", message.payload()));
                }));
  }

  private static RetryPolicy patient() {
    return RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(100_000);
  }

  private void send(Tenant tenant, int count) {
    for (int i = 0; i < count; i++) {
      fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("test", "m" + i));
    }
  }

  private String receipts(Tenant tenant) {
    return KeyLayout.of(redis).stream(tenant, RECEIPTS.name()).stream().text();
  }

  private long sent(Tenant tenant) {
    return Replies.number(fixture.run("XLEN", receipts(tenant)));
  }

  private String handled(Tenant tenant) {
    return states.get(tenant, STATE, "handled").orElse("0");
  }

  private long refused(String quota) {
    return redis.metrics().counter("tandem.quota.refused." + quota).getCount();
  }

  @Test
  void anOutputToAFullStreamWaitsWithItsMessageUntilThereIsRoom() throws Exception {
    for (int i = 0; i < 3; i++) {
      fixture.run("XADD", receipts(fixture.tenant), "*", "by", "another");
    }
    quotas.set(fixture.tenant, TenantQuota.builder().streamLength(3).build());
    StreamWorker worker = start(patient());
    send(fixture.tenant, 1);
    send(neighbour, 10);
    await().atMost(SOON).until(() -> sent(neighbour) == 10);
    await().atMost(SOON).until(() -> refused("stream-length") >= 3);
    assertThat(sent(fixture.tenant)).isEqualTo(3);
    assertThat(handled(fixture.tenant)).isEqualTo("0");
    assertThat(fixture.pending()).isEqualTo(1);

    fixture.run("XTRIM", receipts(fixture.tenant), "MAXLEN", "1");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 11);
    assertThat(sent(fixture.tenant)).isEqualTo(2);
    assertThat(handled(fixture.tenant)).isEqualTo("1");
    assertThat(handled(neighbour)).isEqualTo("10");
    assertThat(fixture.pending()).isZero();
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void aMessageWhoseOutputIsRefusedToTheLastIsADeadLetter() throws Exception {
    quotas.set(fixture.tenant, TenantQuota.builder().payloadSize(5).build());
    start(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3));
    fixture.send("too large");
    fixture.send("small");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.deliveries()).isEqualTo(3);
    assertThat(letter.error()).contains("quota payload-size of 5");
    assertThat(refused("payload-size")).isEqualTo(3);
    assertThat(sent(fixture.tenant)).isEqualTo(1);
    assertThat(handled(fixture.tenant)).isEqualTo("1");
  }

  @Test
  void whatIsBeyondTheRateIsCommittedLaterAndOnce() throws Exception {
    quotas.set(fixture.tenant, TenantQuota.builder().publishRate(2).build());
    send(fixture.tenant, 5);
    send(neighbour, 20);
    StreamWorker worker = start(patient());
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 25);
    assertThat(refused("publish-rate")).isPositive();
    assertThat(sent(fixture.tenant)).isEqualTo(5);
    assertThat(sent(neighbour)).isEqualTo(20);
    assertThat(handled(fixture.tenant)).isEqualTo("5");
    assertThat(fixture.dead()).isEmpty();
  }

  /** So many entries that the bytes of all are not counted again. */
  private void fillReceipts(int entries) {
    Command append =
        Command.of("XADD")
            .key(RedisKey.of(receipts(fixture.tenant)))
            .arg("*")
            .arg("by")
            .arg("x".repeat(34));
    redis.commands().executeAll(Collections.nCopies(entries, append)).forEach(Replies::orThrow);
  }

  @Test
  void whatDoesNotCommitTakesNothingOfAnyQuota() throws Exception {
    int entries = 1_500;
    fillReceipts(entries);
    long each = 64L + "by".length() + 34;
    quotas.set(
        fixture.tenant,
        TenantQuota.builder().streamBytes(entries * each + 500).publishRate(20).build());
    AtomicInteger runs = new AtomicInteger();
    int failures = 50;
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(redis)
                .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(100_000))
                .transactional(
                    (message, tx) -> {
                      runs.incrementAndGet();
                      tx.send(RECEIPTS, Message.of("receipt", message.payload()));
                      if (runs.get() <= failures) {
                        throw new IllegalStateException("not yet");
                      }
                    }));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(refused("stream-bytes")).isZero();
    assertThat(refused("publish-rate")).isZero();
    assertThat(runs).hasValueGreaterThan(failures);
    assertThat(sent(fixture.tenant)).isEqualTo(entries + 1);
  }
}
