package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who leaves just after a fault leaves nothing under its name behind. */
@RedisTest
class LeavingAfterFaultsIT {
  /** More than a connection tries by itself, twice. */
  private static final int LOST = 7;

  @Test
  void aWorkersNameIsGone(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      StreamWorker worker = workerThatHandledOne(fixture, proxy);
      loseReplies(proxy);
      worker.close();
      assertThat(proxy.droppedReplies()).isEqualTo(LOST);
      assertThat(fixture.consumers()).doesNotContain(worker.consumer());
    }
  }

  @Test
  void aConsumersNameIsGone(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      RedisConnection connection = fixture.connection(proxy.url());
      StreamConsumer consumer = StreamConsumer.builder(connection).group(GROUP).build();
      fixture.send(1);
      consumer.poll(fixture.tenant, fixture.topic, 1, SOON).get(0).ack();
      assertThat(fixture.consumers()).contains(consumer.consumer());
      loseReplies(proxy);
      consumer.close();
      assertThat(proxy.droppedReplies()).isEqualTo(LOST);
      assertThat(fixture.consumers()).doesNotContain(consumer.consumer());
    }
  }

  @Test
  void theNameOfATenantsWorkerIsGone(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant)) {
      StreamWorker worker = workerThatHandledOne(fixture, proxy);
      loseReplies(proxy);
      worker.remove(fixture.tenant).get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(proxy.droppedReplies()).isEqualTo(LOST);
      assertThat(fixture.consumers()).doesNotContain(worker.consumer());
      worker.close();
    }
  }

  private static StreamWorker workerThatHandledOne(Fixture fixture, FaultProxy proxy)
      throws InterruptedException {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker(fixture.connection(proxy.url()))
                .drainTimeout(Duration.ofSeconds(30))
                .handler((message, delivery) -> {}));
    fixture.send(1);
    await().until(() -> worker.stats().acknowledged() == 1);
    assertThat(fixture.consumers()).contains(worker.consumer());
    return worker;
  }

  private static void loseReplies(FaultProxy proxy) {
    for (int i = 0; i < LOST; i++) {
      proxy.executeButDropReply(line -> line.startsWith("XPENDING"));
    }
  }
}
