package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Health.Status;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused, or does not get through, shows in the health of what it is refused to. */
@RedisTest
class HealthIT {
  private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
  private static final StreamTopic<String> OTHER = StreamTopic.of("other", Serde.string());

  private final Fixture fixture;
  private final Tenant second;

  HealthIT(RedisServer server, @UniqueTenant String tenant, @UniqueTenant String second) {
    this.fixture = new Fixture(server.url(), tenant);
    this.second = Tenant.of(second);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private String keyOf(StreamTopic<?> topic) {
    return KeyLayout.of(fixture.redis).stream(fixture.tenant, topic.name()).stream().text();
  }

  private static void sendOrFail(
      StreamProducer producer, Tenant tenant, StreamTopic<String> topic) {
    assertThatThrownBy(() -> producer.sendAndWait(tenant, topic, Message.of("test", "x")))
        .isInstanceOf(MessagingException.class);
  }

  @Test
  void aProducerIsDegradedWhileOneOfItsStreamsRefuses() {
    StreamProducer producer =
        StreamProducer.builder(fixture.redis).clock(Clock.fixed(NOON, ZoneOffset.UTC)).build();
    assertThat(producer.health().status()).isEqualTo(Status.UP);
    assertThat(producer.health().lastProof()).isNull();
    fixture.run("SET", keyOf(OTHER), "in the way");
    producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("test", "a"));
    assertThat(producer.health().lastProof()).isEqualTo(NOON);
    assertThat(producer.health().isUp()).isTrue();

    sendOrFail(producer, fixture.tenant, OTHER);
    producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("test", "b"));
    Health refused = producer.health();
    assertThat(refused.status()).isEqualTo(Status.DEGRADED);
    assertThat(refused.detail())
        .contains("topic other of tenant " + fixture.tenant.name())
        .contains("WRONGTYPE");
    assertThat(producer.stats().streams())
        .anySatisfy(
            stream -> {
              assertThat(stream.topic()).isEqualTo("other");
              assertThat(stream.failed()).isEqualTo(1);
              assertThat(stream.trouble()).contains("WRONGTYPE");
            })
        .contains(new ProducerStreamStats(fixture.tenant, "orders", 2, 0, 0, ""));

    fixture.run("DEL", keyOf(OTHER));
    producer.sendAndWait(fixture.tenant, OTHER, Message.of("test", "c"));
    assertThat(producer.health().isUp()).isTrue();
    assertThat(producer.stats().batchTime().measured()).isPositive();
    producer.close();
    assertThat(producer.health().status()).isEqualTo(Status.DOWN);
  }

  @Test
  void aProducerWhoseStreamIsFullIsDegradedWhileMessagesWaitForRoom() {
    StreamTopic<String> small = StreamTopic.of("small", Serde.string()).boundedTo(1);
    try (StreamProducer producer =
        StreamProducer.builder(fixture.redis)
            .whenFull(WhenFull.waitUpTo(Duration.ofSeconds(20)))
            .build()) {
      producer.sendAndWait(fixture.tenant, small, Message.of("test", "a"));
      var waiting = producer.send(fixture.tenant, small, Message.of("test", "b"));
      await().atMost(SOON).until(() -> producer.health().status() == Status.DEGRADED);
      fixture.run("XTRIM", keyOf(small), "MAXLEN", "0");
      waiting.join();
      assertThat(producer.health().isUp()).isTrue();
    }
  }

  @Test
  void aProducerWithoutAServerIsDown(FaultProxy proxy) {
    RedisConnection redis = fixture.connection(proxy.url());
    try (StreamProducer producer = StreamProducer.builder(redis).build()) {
      producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("test", "a"));
      proxy.refuse();
      proxy.reset();
      sendOrFail(producer, fixture.tenant, fixture.topic);
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                sendOrFail(producer, fixture.tenant, fixture.topic);
                assertThat(producer.health().status()).isEqualTo(Status.DOWN);
              });
      proxy.heal();
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(
              () ->
                  producer.sendAndWait(fixture.tenant, fixture.topic, Message.of("test", "b"))
                      != null);
      assertThat(producer.health().isUp()).isTrue();
    }
  }

  /** A worker none of whose messages of the fixture's tenant can be settled. */
  private StreamWorker startRefused(UnaryOperator<StreamWorkerBuilder<String>> options)
      throws InterruptedException {
    fixture.run("SET", fixture.keys().dead().text(), "in the way");
    List<Message<String>> messages = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      messages.add(Message.of("test", "m" + i));
    }
    fixture.sendTogether(fixture.tenant, messages);
    RetryPolicy none = RetryPolicy.fixed(Duration.ZERO).maxDeliveries(1);
    return fixture.start(
        (message, delivery) -> {
          throw new IllegalStateException();
        },
        builder -> options.apply(builder.retry(none).concurrency(64)));
  }

  @Test
  void aWorkerThatDoesNotReadAStreamAnyMoreIsDegraded() throws Exception {
    StreamWorker worker = startRefused(options -> options.tenant(second));
    await().atMost(SOON).until(() -> worker.health().status() == Status.DEGRADED);
    assertThat(worker.health().detail())
        .contains("does not read " + fixture.keys())
        .contains("cannot be settled");
    StreamStats refused = worker.stats().streams().get(0);
    assertThat(refused.tenant()).isEqualTo(fixture.tenant);
    assertThat(refused.isRead()).isFalse();
    assertThat(refused.unsettled()).isGreaterThanOrEqualTo(1_024);
    assertThat(worker.stats().unsettled()).isGreaterThanOrEqualTo(1_024);
    assertThat(worker.stats().streams().get(1).isRead()).isTrue();
  }

  @Test
  void aWorkerThatReadsNothingAnyMoreIsDownUntilItDoes() throws Exception {
    StreamWorker worker = startRefused(options -> options);
    await().atMost(SOON).until(() -> worker.health().status() == Status.DOWN);
    assertThat(worker.health().detail()).contains("reads nothing");
    assertThat(worker.state()).isEqualTo(LifecycleState.RUNNING);
    fixture.run("DEL", fixture.keys().dead().text());
    await().atMost(Duration.ofSeconds(60)).until(() -> worker.health().isUp());
    assertThat(worker.stats().streams().get(0).isRead()).isTrue();
  }

  @Test
  void aConsumerIsDegradedWhileItsPollsDoNotGetThrough() {
    StreamConsumer consumer = StreamConsumer.builder(fixture.redis).group(GROUP).build();
    assertThat(consumer.health().isUp()).isTrue();
    assertThat(consumer.health().lastProof()).isNull();
    fixture.run("SET", fixture.stream(), "in the way");
    assertThatThrownBy(() -> consumer.poll(fixture.tenant, fixture.topic, 1))
        .isInstanceOf(MessagingException.class);
    assertThat(consumer.health().status()).isEqualTo(Status.DEGRADED);
    assertThat(consumer.health().detail()).contains(fixture.keys().toString());

    fixture.run("DEL", fixture.stream());
    fixture.run("SET", fixture.keys().dead().text(), "in the way");
    fixture.run("XADD", fixture.stream(), "*", "foreign", "x");
    await()
        .atMost(SOON)
        .until(
            () -> {
              consumer.poll(fixture.tenant, fixture.topic, 1);
              return consumer.health().detail().contains("dead letter");
            });
    assertThat(consumer.health().status()).isEqualTo(Status.DEGRADED);
    fixture.run("DEL", fixture.keys().dead().text());
    consumer.poll(fixture.tenant, fixture.topic, 1);
    assertThat(consumer.health().isUp()).isTrue();
    assertThat(consumer.health().lastProof()).isNotNull();
    consumer.close();
    assertThat(consumer.health().status()).isEqualTo(Status.DOWN);
  }

  @Test
  void aPromoterIsDegradedWhileAStreamIsNotServed() {
    String broken = KeyLayout.of(fixture.redis).stream(fixture.tenant, "broken").scheduled().text();
    SchedulePromoter promoter =
        SchedulePromoter.builder(fixture.redis)
            .topic(fixture.tenant, "broken")
            .clock(Clock.fixed(NOON, ZoneOffset.UTC))
            .build();
    assertThat(promoter.health().status()).isEqualTo(Status.DOWN);
    promoter.start();
    await().atMost(SOON).until(() -> promoter.health().isUp());
    assertThat(promoter.health().lastProof()).isEqualTo(NOON);
    fixture.run("SET", broken, "garbage");
    await().atMost(SOON).until(() -> promoter.health().status() == Status.DEGRADED);
    assertThat(promoter.health().detail()).contains("broken").contains("WRONGTYPE");
    fixture.run("DEL", broken);
    await().atMost(SOON).until(() -> promoter.health().isUp());
    promoter.close();
    assertThat(promoter.health().status()).isEqualTo(Status.DOWN);
  }
}
