package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a worker makes of dead letters that are replayed to its group. */
@RedisTest
class ReplayedIT {
  private static final Duration LEASE = Duration.ofMillis(800);

  private final Fixture fixture;
  private final AtomicBoolean broken = new AtomicBoolean(true);
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();

  private record Seen(String payload, MessageId id, long deliveries, boolean redelivery) {}

  ReplayedIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamWorker start() throws InterruptedException {
    return fixture.start(
        (message, delivery) -> {
          if (broken.get()) {
            throw new IllegalStateException("broken");
          }
          seen.add(
              new Seen(
                  message.payload(),
                  delivery.id(),
                  delivery.deliveries(),
                  delivery.isRedelivery()));
        },
        options ->
            options
                .lease(LEASE)
                .startFrom(StartPosition.NOW)
                .retry(RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(2)));
  }

  private long replayStreamLength() {
    return Replies.number(fixture.run("XLEN", fixture.keys().replay().stream().text()));
  }

  private void replayAll() {
    DeadLetters.of(fixture.redis).replayAll(fixture.tenant, fixture.topic.name(), GROUP);
  }

  @Test
  void isHandledWithItsOwnIdAsARedeliveryAndLeavesNothingBehind() throws Exception {
    StreamWorker worker = start();
    MessageId id = fixture.send("m");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    broken.set(false);
    for (int round = 1; round <= 2; round++) {
      replayAll();
      await().atMost(SOON).until(() -> seen.size() == 1);
      assertThat(seen).containsExactly(new Seen("m", id, 1, true));
      await().atMost(SOON).until(() -> replayStreamLength() == 0);
      assertThat(fixture.dead()).isEmpty();
      // Until the worker has stopped reading a stream in which there is nothing, and begins anew.
      fixture.send("next");
      await().atMost(SOON).until(() -> seen.size() == 2);
      seen.clear();
      if (round == 1) {
        broken.set(true);
        id = fixture.send("m");
        await().atMost(SOON).until(() -> fixture.dead().size() == 1);
        broken.set(false);
      }
    }
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 0);
  }

  @Test
  void aTransactionLeavesNothingBehindEither() throws Exception {
    StreamWorker worker =
        fixture.start(
            StreamWorker.builder(fixture.redis, fixture.topic)
                .tenant(fixture.tenant)
                .group(GROUP)
                .lease(LEASE)
                .retry(RetryPolicy.none())
                .transactional(
                    (message, transaction) -> {
                      if (broken.get()) {
                        throw new IllegalStateException("broken");
                      }
                      transaction.state("seen").increment(message.payload(), 1);
                    }));
    fixture.send("m");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    broken.set(false);
    replayAll();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> replayStreamLength() == 0);
    assertThat(StateStore.of(fixture.redis).get(fixture.tenant, "seen", "m")).contains("1");
  }

  @Test
  void whatFailsAgainIsRetriedAndBuriedWithItsOrigin() throws Exception {
    start();
    MessageId id = fixture.send("m");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    replayAll();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              List<DeadLetter> dead = fixture.dead();
              assertThat(dead).hasSize(1);
              assertThat(dead.get(0).replays()).isEqualTo(1);
            });
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.originalId()).isEqualTo(id);
    assertThat(letter.deliveries()).isEqualTo(2);
    assertThat(replayStreamLength()).isZero();
  }

  @Test
  void whatADeadWorkerHeldOfItIsTakenOver() throws Exception {
    StreamWorker first = start();
    fixture.send("m");
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    first.close();
    replayAll();
    fixture.run(
        "XREADGROUP",
        "GROUP",
        GROUP,
        "dead",
        "STREAMS",
        fixture.keys().replay().stream().text(),
        ">");
    broken.set(false);
    StreamWorker second = start();
    await().atMost(SOON).until(() -> seen.size() == 1);
    await().atMost(SOON).until(() -> replayStreamLength() == 0);
    assertThat(second.stats().takenOver()).isEqualTo(1);
    second.close();
    assertThat(second.stats().inFlight()).isZero();
  }
}
