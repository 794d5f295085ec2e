package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One worker, several topics with payload types of their own. */
@RedisTest
class SeveralTopicsIT {
  private static final StreamTopic<byte[]> PAYMENTS = StreamTopic.of("payments", Serde.bytes());

  private final Fixture fixture;

  SeveralTopicsIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void eachTopicOfEachTenantReachesItsOwnHandler(@UniqueTenant String a, @UniqueTenant String b)
      throws Exception {
    Tenant second = Tenant.of(b);
    Queue<String> orders = new ConcurrentLinkedQueue<>();
    Queue<String> payments = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .tenant(second)
                .handler((message, delivery) -> orders.add(seen(delivery, message.payload())))
                .topic(
                    PAYMENTS,
                    (message, delivery) ->
                        payments.add(seen(delivery, message.payload().length + " bytes"))));
    for (Tenant tenant : List.of(fixture.tenant, second)) {
      fixture.producer.sendAndWait(tenant, fixture.topic, Message.of("t", "order"));
      fixture.producer.sendAndWait(tenant, PAYMENTS, Message.of("t", new byte[7]));
    }

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 4);
    assertThat(orders).containsExactlyInAnyOrder(a + " orders order", b + " orders order");
    assertThat(payments)
        .containsExactlyInAnyOrder(a + " payments 7 bytes", b + " payments 7 bytes");
    assertThat(worker.health().detail()).contains("orders, payments");
  }

  private static String seen(Delivery<?> delivery, String what) {
    return delivery.tenant() + " " + delivery.topic() + " " + what;
  }

  @Test
  void countsAndDeadLettersOfEachTopicAreItsOwn() throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .retry(RetryPolicy.none())
                .handler((message, delivery) -> {})
                .topic(
                    PAYMENTS,
                    (message, delivery) -> {
                      throw new IllegalStateException("refused");
                    }));
    fixture.send(3);
    fixture.producer.sendAndWait(fixture.tenant, PAYMENTS, Message.of("t", new byte[1]));
    fixture.producer.sendAndWait(fixture.tenant, PAYMENTS, Message.of("t", new byte[1]));

    await()
        .atMost(SOON)
        .until(() -> worker.stats().acknowledged() == 3 && worker.stats().deadLettered() == 2);
    assertThat(worker.stats().handled()).isEqualTo(3);
    assertThat(worker.stats().failed()).isEqualTo(2);
    assertThat(count("orders", "handled")).isEqualTo(3);
    assertThat(count("orders", "failed")).isZero();
    assertThat(count("orders", "dead-lettered")).isZero();
    assertThat(count("payments", "handled")).isZero();
    assertThat(count("payments", "failed")).isEqualTo(2);
    assertThat(count("payments", "dead-lettered")).isEqualTo(2);
    assertThat(fixture.dead()).isEmpty();
    assertThat(fixture.deadLetters.count(fixture.tenant, "payments", GROUP)).isEqualTo(2);
  }

  private long count(String topic, String what) {
    return fixture
        .redis
        .metrics()
        .counter("tandem.streams.worker." + topic + "." + GROUP + "." + what)
        .getCount();
  }

  @Test
  void refusesATopicTwice() {
    StreamWorkerBuilder<String> builder = fixture.worker().topic(PAYMENTS, (m, d) -> {});
    assertThatThrownBy(() -> builder.topic(PAYMENTS, (m, d) -> {}))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("payments");
    assertThatThrownBy(() -> builder.topic(fixture.topic, (m, d) -> {}))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("orders");
  }
}
