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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions never overrun a bounded stream, and leave nothing where it has no room. */
@RedisTest
@Timeout(90)
class BoundedOutputIT {
  private static final String STATE = "balances";
  private static final StreamTopic<String> RECEIPTS = StreamTopic.of("receipts", Serde.string());
  private static final StreamTopic<String> AUDIT = StreamTopic.of("audit", Serde.string());

  private final Fixture fixture;
  private final StateStore states;

  BoundedOutputIT(RedisServer server, @UniqueTenant String name) {
    this.fixture = new Fixture(server.url(), name);
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

  private String handled() {
    return states.get(fixture.tenant, STATE, "handled").orElse("0");
  }

  private StreamWorker start(RetryPolicy retry, TransactionalHandler<String> handler)
      throws InterruptedException {
    return fixture.start(fixture.worker().retry(retry).concurrency(8).transactional(handler));
  }

  private static RetryPolicy patient() {
    return RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(100_000);
  }

  @Test
  void manyTransactionsFillABoundedStreamAndNotMoreUntilThereIsRoom() throws Exception {
    StreamWorker worker =
        start(
            patient(),
            (message, tx) -> {
              tx.state("of-" + message.payload()).put("seen", "yes");
              tx.send(RECEIPTS.boundedTo(7), Message.of("receipt", message.payload()));
              tx.send(AUDIT, Message.of("audit", message.payload()));
              tx.send(RECEIPTS.boundedTo(9), Message.of("copy", message.payload()));
            });
    fixture.send(10);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3);
    await().atMost(SOON).until(() -> worker.stats().failed() >= 20);
    assertThat(length(RECEIPTS)).as("the eighth would be one too many").isEqualTo(6);
    assertThat(length(AUDIT)).isEqualTo(3);
    assertThat(fixture.pending()).isEqualTo(7);
    assertThat(fixture.dead()).isEmpty();

    for (long done = 6; done <= 9; done += 3) {
      fixture.run("XTRIM", key(RECEIPTS), "MAXLEN", "0");
      long expected = done;
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == expected);
      assertThat(length(RECEIPTS)).isEqualTo(6);
    }
    fixture.run("XTRIM", key(RECEIPTS), "MAXLEN", "5");
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 10);
    assertThat(length(RECEIPTS)).isEqualTo(7);
    assertThat(length(AUDIT)).isEqualTo(10);
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void whatAFullStreamRefusesToTheLastIsADeadLetterAndLeavesNothing() throws Exception {
    fixture.producer.sendAndWait(fixture.tenant, RECEIPTS, Message.of("receipt", "0"));
    start(
        RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(3),
        (message, tx) -> {
          tx.state(STATE).increment("handled", 1);
          tx.send(AUDIT, Message.of("audit", message.payload()));
          tx.send(RECEIPTS.boundedTo(1), Message.of("receipt", message.payload()));
        });
    fixture.send("m");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).error())
        .contains("StreamFullException")
        .contains("stream receipts of tenant " + fixture.tenant.name() + " is full: 1 of 1");
    assertThat(fixture.dead().get(0).deliveries()).isEqualTo(3);
    assertThat(length(RECEIPTS)).isEqualTo(1);
    assertThat(length(AUDIT)).isZero();
    assertThat(handled()).isEqualTo("0");
  }
}
