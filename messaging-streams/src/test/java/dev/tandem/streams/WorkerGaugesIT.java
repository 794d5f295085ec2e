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
    Gauge<?> gauge = fixture.redis.metrics().getGauges().get(PREFIX + name);
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
    StreamWorker one = fixture.start(builder.handler(handler));
    StreamWorker other = fixture.start(builder.handler(handler));
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
    assertThat(
            fixture.redis.metrics().getTimers().get(PREFIX + "end-to-end").getSnapshot().getMax())
        .isGreaterThan(Duration.ofMillis(1).toNanos());

    other.close();
    assertThat(gauge("pending")).isEqualTo(-1);
    assertThat(gauge("oldest-unacknowledged-millis")).isEqualTo(-1);
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
