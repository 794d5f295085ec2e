package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages whose time to live is over before they are handled. */
@RedisTest
class ExpiredMessagesIT {
  private final Fixture fixture;
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  ExpiredMessagesIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private MessageId send(String payload, Duration timeToLive) {
    return fixture.producer.sendAndWait(
        fixture.tenant, fixture.topic, Message.of("t", payload).expiresAfter(timeToLive));
  }

  /** An entry of long ago that lived for a second. */
  private void addExpired(String id) {
    fixture.run("XADD", fixture.stream(), id, "data", "expired", "ttl", "1000");
  }

  @Test
  void goToTheDeadLettersWithoutTheirHandlerBeingCalled() throws Exception {
    addExpired("1000-0");
    send("lives", Duration.ofHours(1));
    fixture.send("for ever");
    StreamWorker worker =
        fixture.start((message, delivery) -> seen.add(message.payload()), options -> options);
    await()
        .atMost(SOON)
        .until(() -> worker.stats().acknowledged() + worker.stats().deadLettered() == 3);
    assertThat(seen).containsExactlyInAnyOrder("lives", "for ever");
    DeadLetter letter = fixture.dead().get(0);
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.EXPIRED);
    assertThat(letter.originalId()).isEqualTo(MessageId.of("1000-0"));
    assertThat(letter.error()).contains("1970-01-01T00:00:02Z");
    assertThat(worker.stats().deadLettered()).isEqualTo(1);
  }

  @Test
  void expireWhileTheyWaitForTheirRetry() throws Exception {
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              seen.add(message.payload());
              throw new IllegalStateException("failed");
            },
            options -> options.retry(RetryPolicy.fixed(Duration.ofSeconds(9)).jitter(0)));
    send("fails", Duration.ofSeconds(8));
    await().atMost(SOON).until(() -> fixture.dead().size() == 1);
    assertThat(fixture.dead().get(0).reason()).isEqualTo(DeadLetterReason.EXPIRED);
    assertThat(seen).hasSize(1);
    assertThat(worker.stats().retried()).isEqualTo(1);
  }

  @Test
  void areNotInABatch() throws Exception {
    addExpired("1000-0");
    fixture.send("lives");
    addExpired("99999999999999-0");
    Queue<Integer> sizes = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .batchHandler(
                    batch -> sizes.add(batch.deliveries().size()), 3, Duration.ofSeconds(1)));
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 2);
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(sizes).containsExactly(2);
  }

  @Test
  void passAKeyByAndStopAStrictStream() throws Exception {
    fixture.run("XADD", fixture.stream(), "1000-0", "key", "k", "data", "late", "ttl", "1000");
    fixture.producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("t", "next").key("k"));
    StreamWorker byKey =
        fixture.start(
            (message, delivery) -> seen.add(message.payload()),
            options -> options.ordering(Ordering.BY_KEY));
    await().atMost(SOON).until(() -> byKey.stats().acknowledged() == 1);
    await().atMost(SOON).until(() -> byKey.stats().deadLettered() == 1);

    StreamWorker strict =
        fixture.start(
            (message, delivery) -> seen.add(message.payload()),
            options -> options.group("strict").ordering(Ordering.STRICT));
    await().atMost(SOON).until(() -> strict.stats().stopped() == 1);
    assertThat(strict.stopped().get(0).why()).startsWith("EXPIRED");
    assertThat(seen).containsExactlyElementsOf(List.of("next"));
  }
}
