package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much a worker fetches ahead. */
@RedisTest
class WorkerPrefetchIT {
  private final Fixture fixture;
  private final CountDownLatch release = new CountDownLatch(1);

  WorkerPrefetchIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    release.countDown();
    fixture.close();
  }

  @Test
  void slowHandlersLeaveMessagesToAnIdleWorker() throws Exception {
    fixture.send(300);
    StreamWorker slow =
        fixture.start((message, delivery) -> release.await(), options -> options.concurrency(2));
    await().atMost(SOON).until(() -> slow.stats().inFlight() == 4);
    StreamWorker idle = fixture.start((message, delivery) -> {}, options -> options.concurrency(2));

    await().atMost(SOON).until(() -> idle.stats().acknowledged() == 296);
    assertThat(slow.stats().inFlight()).isEqualTo(4);
    release.countDown();
    await().atMost(SOON).until(() -> fixture.pending() == 0);
  }

  @Test
  void whatFastHandlersFetchedAheadIsBoundedWhenTheyBecomeSlow() throws Exception {
    int messages = 12_000;
    List<CompletableFuture<MessageId>> sent = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      sent.add(fixture.producer.send(fixture.tenant, fixture.topic, Message.of("test", "m" + i)));
    }
    sent.forEach(CompletableFuture::join);
    AtomicInteger started = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (started.incrementAndGet() > messages / 2) {
                release.await();
              }
            },
            options -> options.concurrency(4));

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == messages / 2);
    assertThat(fixture.pending()).isBetween(8L, 4_096L);
    release.countDown();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == messages);
    assertThat(fixture.pending()).isZero();
  }
}
