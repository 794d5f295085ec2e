package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BuildersTest {
  private final RedisConnection redis =
      RedisConnection.builder().url("redis://127.0.0.1:1").lazy().build();

  @AfterEach
  void close() {
    redis.close();
  }

  private StreamWorkerBuilder<String> complete() {
    return StreamWorker.builder(redis, StreamTopic.of("t", Serde.string()))
        .tenant(Tenant.of("acme"))
        .group("g")
        .handler((message, delivery) -> {});
  }

  private void refused(String what, UnaryOperator<StreamWorkerBuilder<String>> option) {
    assertThatThrownBy(() -> option.apply(complete()))
        .isInstanceOfSatisfying(
            InvalidValueException.class, error -> assertThat(error.what()).isEqualTo(what));
  }

  @Test
  @SuppressWarnings("NullAway") // null on purpose
  void refusesMissingOptionsByName() {
    refused("tenants", worker -> worker.tenants(null));
    refused("handler", worker -> worker.handler(null));
    refused("lease", worker -> worker.lease(null));
  }

  @Test
  void refusesBadOptionsByName() {
    refused("concurrency", worker -> worker.concurrency(0));
    refused("concurrency", worker -> worker.concurrency(10_001));
    refused("lease", worker -> worker.lease(Duration.ofMillis(99)));
    refused("lease", worker -> worker.lease(Duration.ofDays(2)));
    refused("drainTimeout", worker -> worker.drainTimeout(Duration.ofMillis(-1)));
    refused("group", worker -> worker.group("a:b"));
    refused("consumerName", worker -> worker.consumerName("a b"));
    refused("consumerName", worker -> worker.consumerName("x".repeat(65)));
  }

  @Test
  void refusesASecondHandlerOfWhateverKind() {
    refused("handler", worker -> worker.handler((message, delivery) -> {}));
    refused("handler", worker -> worker.batchHandler(batch -> {}, 10, Duration.ZERO));
    refused("handler", worker -> worker.transactional((message, transaction) -> {}));
    assertThatThrownBy(() -> complete().handler((message, delivery) -> {}))
        .hasMessage("handler was 'a second one': there can be one only for topic t");
    StreamTopic<String> topic = StreamTopic.of("t", Serde.string());
    assertThatThrownBy(
            () ->
                StreamWorker.builder(redis, topic)
                    .batchHandler(batch -> {}, 10, Duration.ZERO)
                    .handler((message, delivery) -> {}))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(
            () ->
                StreamWorker.builder(redis, topic)
                    .transactional((message, transaction) -> {})
                    .batchHandler(batch -> {}, 10, Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void refusesWorkersWithoutTenantGroupOrHandler() {
    StreamTopic<String> topic = StreamTopic.of("t", Serde.string());
    assertThatThrownBy(
            () ->
                StreamWorker.builder(redis, topic)
                    .group("g")
                    .handler((message, delivery) -> {})
                    .build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("tenants");
    assertThatThrownBy(
            () ->
                StreamWorker.builder(redis, topic)
                    .tenant(Tenant.of("a"))
                    .handler((message, delivery) -> {})
                    .build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("group");
    assertThatThrownBy(
            () -> StreamWorker.builder(redis, topic).tenant(Tenant.of("a")).group("g").build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("handler");
    assertThatThrownBy(() -> StreamTopic.of("a{b}", Serde.string()))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> topic.payloadLimit(0)).isInstanceOf(InvalidValueException.class);
  }

  @Test
  void everyWorkerHasItsOwnName() {
    StreamWorker one = complete().consumerName("host-1").build();
    StreamWorker other = complete().consumerName("host-1").build();
    assertThat(one.consumer()).startsWith("host-1-").isNotEqualTo(other.consumer());
    assertThat(one.state()).isEqualTo(LifecycleState.CREATED);
    assertThat(one.health().status()).isEqualTo(Health.Status.DOWN);
    one.close();
    other.closeNow();
    assertThat(one.state()).isEqualTo(LifecycleState.STOPPED);
    assertThat(other.state()).isEqualTo(LifecycleState.STOPPED);
  }
}
