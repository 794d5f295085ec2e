package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One tenant's dead letters cannot be written; the worker serves another one too. */
@RedisTest
class UnwritableDeadLettersIT {
  private static final int BAD = 16_000;

  private final Fixture fixture;
  private final Tenant well;

  UnwritableDeadLettersIT(
      RedisServer server, @UniqueTenant String tenant, @UniqueTenant String well) {
    this.fixture = new Fixture(server.url(), tenant);
    this.well = Tenant.of(well);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void send(Tenant tenant, int count) {
    List<Message<String>> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(Message.of("test", "m" + i));
    }
    fixture.sendTogether(tenant, messages);
  }

  @Test
  void onlyThatStreamIsNotReadUntilTheyCan() throws Exception {
    fixture.run("SET", fixture.keys().dead().text(), "in the way");
    send(fixture.tenant, BAD);
    AtomicInteger failed = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (delivery.tenant().equals(fixture.tenant)) {
                failed.incrementAndGet();
                throw new IllegalStateException();
              }
              handled.incrementAndGet();
            },
            options ->
                options.tenant(well).retry(RetryPolicy.fixed(Duration.ZERO).maxDeliveries(1)));
    await().atMost(SOON).until(() -> failed.get() >= 1_024);

    send(well, 3_000);
    await().atMost(SOON).until(handled::get, count -> count == 3_000);
    send(well, 500);
    await().atMost(SOON).until(handled::get, count -> count == 3_500);
    // On top of the limit comes what was held, and what was handled and not settled, when it was
    // reached.
    assertThat(failed.get()).isLessThan(1_024 + 2 * 4_096);
    assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);

    fixture.run("DEL", fixture.keys().dead().text());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> fixture.deadLetters.count(fixture.tenant, "orders", GROUP) == BAD);
    assertThat(failed.get()).isEqualTo(BAD);
    assertThat(fixture.pending()).isZero();
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 3_500);
  }
}
