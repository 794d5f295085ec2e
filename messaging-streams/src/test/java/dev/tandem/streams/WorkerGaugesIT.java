package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Gauge;
import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the metrics tell of a group. */
@RedisTest
class WorkerGaugesIT {
  private static final String PREFIX = "tandem.streams.worker.orders." + GROUP + '.';

  private final Fixture fixture;
  private final Tenant second;

  WorkerGaugesIT(
      RedisServer server, @UniqueTenant String tenant, @UniqueTenant String secondTenant) {
    fixture = new Fixture(server.url(), tenant);
    second = Tenant.of(secondTenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private long gauge(String name) {
    Gauge<?> gauge = Objects.requireNonNull(fixture.redis.metrics().getGauges().get(PREFIX + name));
    return (Long) gauge.getValue();
  }

  private void awaitGauge(String name, long value) {
    await(name + " " + value).atMost(SOON).until(() -> gauge(name), found -> found == value);
  }

  @Test
  void gaugesAddUpTheTenantsOnceHoweverManyWorkersServeThem() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    RetryPolicy retry =
        RetryPolicy.fixed(Duration.ofHours(1))
            .maxDeliveries(2)
            .retryIf(error -> error instanceof IllegalStateException);
    StreamHandler<String> handler =
        (message, delivery) -> {
          switch (message.payload()) {
            case "wait" -> release.await();
            case "retry" -> throw new IllegalStateException("again");
            default -> throw new IllegalArgumentException("never");
          }
        };
    fixture.createGroup();
    StreamWorker idle = fixture.worker().tenant(second).handler(handler).build();
    fixture.closeLater(idle);
    assertThat(gauge("pending")).isEqualTo(-1);

    StreamWorkerBuilder<String> builder =
        fixture.worker().tenant(second).concurrency(1).lease(Duration.ofSeconds(1)).retry(retry);
    for (Tenant tenant : new Tenant[] {fixture.tenant, second}) {
      for (String payload : new String[] {"retry", "dead", "dead"}) {
        fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("test", payload));
      }
    }
    builder.handler(handler);
    StreamWorker one = fixture.start(builder);
    StreamWorker other = fixture.start(builder);
    awaitGauge("waiting", 2);
    awaitGauge("pending", 2);
    awaitGauge("dead-letters", 4);
    awaitGauge("lag", 0);
    await().atMost(SOON).until(() -> gauge("oldest-unacknowledged-millis") > 500);

    for (int i = 0; i < 40; i++) {
      fixture.send("wait");
    }
    // Each worker runs one and has read some more; what they have not read is the lag.
    await().atMost(SOON).until(() -> gauge("lag") > 0 && gauge("pending") > 4);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              long all = gauge("lag") + gauge("pending");
              assertThat(all).isBetween(32L, 52L); // a guess before 7.0
            });
    one.close();
    await().atMost(SOON).until(() -> gauge("pending") > 2);
    release.countDown();
    awaitGauge("lag", 0);
    awaitGauge("pending", 2);
    assertThat(fixture.redis.metrics().timer(PREFIX + "end-to-end").getSnapshot().getMax())
        .isGreaterThan(Duration.ofMillis(1).toNanos());

    other.close();
    assertThat(gauge("pending")).isEqualTo(-1);
    assertThat(gauge("oldest-unacknowledged-millis")).isEqualTo(-1);
  }

  @Test
  void theStatisticsTellEachStreamWithItsBacklog() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    RetryPolicy retry =
        RetryPolicy.fixed(Duration.ofHours(1))
            .maxDeliveries(2)
            .retryIf(error -> error instanceof IllegalStateException);
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              switch (message.payload()) {
                case "wait" -> release.await();
                case "retry" -> throw new IllegalStateException("again");
                case "dead" -> throw new IllegalArgumentException("never");
                default -> {}
              }
            },
            options -> options.tenant(second).lease(Duration.ofSeconds(1)).retry(retry));
    for (String payload : new String[] {"retry", "dead", "dead", "wait", "good"}) {
      fixture.send(payload);
    }
    fixture.producer.sendAndWait(second, fixture.topic, Message.of("test", "good"));
    await()
        .atMost(SOON)
        .until(() -> worker.stats().streams().stream().allMatch(one -> one.backlog() != null));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              StreamStats first = worker.stats().streams().get(0);
              Backlog backlog = Objects.requireNonNull(first.backlog());
              assertThat(backlog.pending()).isEqualTo(2);
              assertThat(backlog.waiting()).isEqualTo(1);
              assertThat(backlog.lag()).isZero();
              assertThat(backlog.deadLetters()).hasValue(2);
              assertThat(backlog.oldestUnacknowledged()).isPositive();
              assertThat(first.retried()).isEqualTo(1);
              assertThat(first.deadLettered()).isEqualTo(2);
            });
    StreamStats first = worker.stats().streams().get(0);
    assertThat(first.tenant()).isEqualTo(fixture.tenant);
    assertThat(first.topic()).isEqualTo("orders");
    assertThat(first.handled()).isEqualTo(1);
    assertThat(first.failed()).isEqualTo(3);
    assertThat(first.retried()).isEqualTo(1);
    assertThat(first.deadLettered()).isEqualTo(2);
    StreamStats other = worker.stats().streams().get(1);
    assertThat(other.tenant()).isEqualTo(second);
    await().atMost(SOON).until(() -> worker.stats().streams().get(1).acknowledged() == 1);
    assertThat(other.failed()).isZero();
    assertThat(worker.stats().handled()).isEqualTo(2);
    assertThat(worker.stats().deadLettered()).isEqualTo(2);
    assertThat(Objects.requireNonNull(worker.stats().backlog()).deadLetters()).hasValue(2);
    TopicLatency latency = worker.stats().latencies().get(0);
    assertThat(latency.topic()).isEqualTo("orders");
    assertThat(latency.handling().measured()).isPositive();
    assertThat(latency.endToEnd().max()).isBetween(Duration.ZERO, Duration.ofMinutes(1));
    release.countDown();
  }

  @Test
  void aGroupThatIsDoneHasNothingPending() throws Exception {
    fixture.send(10);
    StreamWorker worker = fixture.start((message, delivery) -> {}, options -> options);
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 10);
    awaitGauge("pending", 0);
    awaitGauge("oldest-unacknowledged-millis", 0);
    awaitGauge("dead-letters", 0);
    fixture.run("SET", fixture.keys().dead().text(), "in the way");
    awaitGauge("dead-letters", -1);
    assertThat(gauge("pending")).isZero();
  }
}
