package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A transaction that the server refuses in part leaves nothing, and commits once it is let. */
@RedisTest(dedicated = true)
class TransactionRefusedIT {
  private static final String STATE = "balances";
  private static final String LAST_ID = "18446744073709551615-18446744073709551615";

  private final RedisServer server;
  private final Fixture fixture;
  private final StreamTopic<String> first = StreamTopic.of("receipts", Serde.string());
  private final StreamTopic<String> second = StreamTopic.of("audit", Serde.string());
  private final StateStore states;

  TransactionRefusedIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
    this.states = StateStore.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private String key(StreamTopic<?> topic) {
    return KeyLayout.of(fixture.redis).stream(fixture.tenant, topic.name()).stream().text();
  }

  private long length(StreamTopic<?> topic) {
    return Replies.number(fixture.run("XLEN", key(topic)));
  }

  private StreamWorker start(StreamWorkerBuilder<String> builder) throws InterruptedException {
    return fixture.start(
        builder
            .lease(Duration.ofMinutes(10))
            .retry(RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(1_000))
            .transactional(
                (message, tx) -> {
                  tx.state(STATE).put("gone", "x");
                  tx.state(STATE).increment("alice", 1);
                  tx.state("other").delete("old");
                  tx.send(first, Message.of("receipt", "1"));
                  tx.send(second, Message.of("audit", "2"));
                  tx.send(first, Message.of("receipt", "3"));
                }));
  }

  private void refusedAndThenCommittedOnce(StreamWorker worker, Runnable repair) {
    fixture.run("HSET", otherKey(), "old", "o");
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().failed() >= 3);
    assertThat(Replies.number(fixture.run("EXISTS", key(first)))).isZero();
    assertThat(states.getAll(fixture.tenant, STATE)).isEmpty();
    assertThat(states.get(fixture.tenant, "other", "old")).contains("o");
    assertThat(fixture.pending()).isEqualTo(1);
    repair.run();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    assertThat(length(first)).isEqualTo(2);
    assertThat(length(second)).isEqualTo(1);
    assertThat(states.getAll(fixture.tenant, STATE)).isEqualTo(Map.of("gone", "x", "alice", "1"));
    assertThat(states.get(fixture.tenant, "other", "old")).isEmpty();
    assertThat(fixture.pending()).isZero();
    assertThat(fixture.dead()).isEmpty();
  }

  private String otherKey() {
    return KeyLayout.of(fixture.redis).state(fixture.tenant, "other").text();
  }

  @ParameterizedTest
  @ValueSource(strings = {"xadd", "hset", "hdel", "hincrby", "xdel", "xack"})
  void aCommandThatTheUserHasNoRightTo(String command) throws Exception {
    fixture.run("ACL", "SETUSER", "ann", "on", ">secret", "~*", "&*", "+@all", "-" + command);
    StreamWorker worker =
        start(
            fixture.worker(
                fixture.connection(server.url().replace("redis://", "redis://ann:secret@"))));
    refusedAndThenCommittedOnce(worker, () -> fixture.run("ACL", "SETUSER", "ann", "+" + command));
  }

  @Test
  void anOutputWhoseIdsAreUsedUp() throws Exception {
    fixture.run("XADD", key(second), LAST_ID, "by", "another");
    StreamWorker worker = start(fixture.worker());
    refusedAndThenCommittedOnce(worker, () -> fixture.run("DEL", key(second)));
  }

  @Test
  void whatTheOutputsHeldBeforeStays() throws Exception {
    StreamProducer producer = fixture.producer;
    producer.sendAndWait(fixture.tenant, first, Message.of("receipt", "0"));
    fixture.run("XADD", key(second), LAST_ID, "by", "another");
    StreamWorker worker = start(fixture.worker());
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().failed() >= 2);
    assertThat(length(first)).isEqualTo(1);
    assertThat(length(second)).isEqualTo(1);
  }
}
