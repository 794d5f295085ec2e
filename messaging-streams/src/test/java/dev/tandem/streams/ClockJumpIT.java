package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server's clock jumps while a worker and a consumer of one group have their hands full: some
 * things come early or late by as much, nothing is lost, no delivery is handed out twice. The
 * client's clock may be what it likes.
 */
@RedisTest(dedicated = true)
class ClockJumpIT {
  private static final Duration HOUR = Duration.ofHours(1);

  private final Fixture fixture;
  private final Accounts accounts = new Accounts();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final List<Runnable> ends = new ArrayList<>();

  ClockJumpIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    gate.countDown();
    ends.forEach(Runnable::run);
    fixture.close();
  }

  /** Of ten messages one waits for the gate, two fail the first time, the others are handled. */
  private void handle(Delivery<String> delivery) throws InterruptedException {
    accounts.begins(delivery);
    int number = Integer.parseInt(delivery.message().payload().substring(1));
    if (delivery.deliveries() == 1 && number % 10 == 1) {
      waiting.incrementAndGet();
      gate.await();
    }
    if (delivery.deliveries() == 1 && number % 5 == 2) {
      failed.incrementAndGet();
      throw new IllegalStateException("is to fail");
    }
    accounts.handled(delivery);
  }

  private StreamWorker worker(Duration lease, Duration delay) throws InterruptedException {
    return fixture.start(
        fixture
            .worker()
            .concurrency(8)
            .lease(lease)
            .retry(RetryPolicy.fixed(delay).jitter(0).maxDeliveries(6))
            .handler((message, delivery) -> handle(delivery)));
  }

  private StreamConsumer consumer(Duration lease, Duration delay) {
    StreamConsumer consumer =
        StreamConsumer.builder(fixture.redis)
            .group(GROUP)
            .lease(lease)
            .drainTimeout(Duration.ofSeconds(5))
            .retry(RetryPolicy.fixed(delay).jitter(0).maxDeliveries(6))
            .build();
    Thread loop = new Thread(() -> loop(consumer), "consumer-loop");
    loop.start();
    ends.add(
        () -> {
          consumer.closeNow();
          loop.interrupt();
        });
    return consumer;
  }

  private void loop(StreamConsumer consumer) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        for (HeldDelivery<String> delivery :
            consumer.poll(fixture.tenant, fixture.topic, 1, Duration.ofMillis(200))) {
          settle(delivery);
        }
      } catch (ClosedException | InterruptedException e) {
        return;
      } catch (MessagingException e) {
        // goes on
      }
    }
  }

  private void settle(HeldDelivery<String> delivery) throws InterruptedException {
    try {
      handle(delivery);
      delivery.ack();
    } catch (IllegalStateException isToFail) {
      delivery.retry();
    }
  }

  /** Appends and reads in one step, so that nobody else is quicker. */
  private List<MessageId> sendAndReadAsDead(int count) {
    String script =
        """
        local ids = {}
        for i = 1, ARGV[2] do ids[i] = redis.call('XADD', KEYS[1], '*', 'data', 'm0') end
        redis.call('XREADGROUP', 'GROUP', ARGV[1], 'dead', 'COUNT', ARGV[2], 'STREAMS', KEYS[1], '>')
        return ids
        """;
    Object ids = fixture.run("EVAL", script, "1", fixture.stream(), GROUP, Integer.toString(count));
    assertThat(fixture.pendingOf("dead")).hasSize(count);
    return Replies.list(ids).stream().map(id -> MessageId.of(Replies.text(id))).toList();
  }

  @Test
  void afterAJumpForwardEverythingComesEarlyAndOnceEach() throws Exception {
    fixture.createGroup();
    List<MessageId> sent = new ArrayList<>(fixture.send(5));
    fixture.readAs("dead", 5);
    Duration lease = Duration.ofSeconds(10);
    StreamWorker worker = worker(lease, HOUR.dividedBy(2));
    StreamConsumer consumer = consumer(lease, HOUR.dividedBy(2));
    sent.addAll(fixture.send(40));
    await().atMost(SOON).until(() -> waiting.get() == 4 && failed.get() == 8);
    await().atMost(SOON).until(() -> fixture.pendingOf("tandem-parked").size() == 8);

    ClockJump.by(fixture, HOUR);
    await()
        .atMost(SOON)
        .until(() -> worker.stats().takenOver() + consumer.stats().takenOver() >= 5);
    gate.countDown();
    accounts.awaitAll(fixture, sent);
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void afterAJumpBackTheNewIsAsQuickAsEver() throws Exception {
    fixture.createGroup();
    Duration lease = Duration.ofSeconds(12);
    StreamWorker worker = worker(lease, Duration.ofMillis(50));
    StreamConsumer consumer = consumer(lease, Duration.ofMillis(50));
    List<MessageId> sent = new ArrayList<>(fixture.send(40));
    await().atMost(SOON).until(() -> waiting.get() >= 4 && failed.get() == 8);
    await().atMost(SOON).until(() -> fixture.pendingOf("tandem-parked").isEmpty());

    ClockJump.by(fixture, HOUR.negated());
    // Somebody swept at that moment: nobody has to wait for an hour because of that.
    fixture.run("SET", fixture.keys().sweep().text(), "somebody", "PX", "3600250");
    String ahead = ClockJump.aheadOfTheClock(fixture, HOUR, "m0");
    sent.add(MessageId.of(ahead));
    sent.addAll(fixture.send(40));
    assertThat(sent)
        .extracting(id -> EntryId.parse(id.value()))
        .isSortedAccordingTo(EntryId::compareTo)
        .doesNotHaveDuplicates();
    sent.addAll(sendAndReadAsDead(5));
    gate.countDown();
    accounts.awaitAll(fixture, sent);
    assertThat(fixture.dead()).isEmpty();
    assertThat(worker.stats().leasesLost() + consumer.stats().leasesLost()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {-3, -1, 1, 3})
  void whatWaitsComesLaterOrEarlierByAsMuchAndNotTwice(long seconds) throws Exception {
    fixture.createGroup();
    List<MessageId> sent = new ArrayList<>(fixture.send(5));
    fixture.readAs("dead", 5);
    Duration lease = Duration.ofMillis(600);
    worker(lease, Duration.ofSeconds(1));
    consumer(lease, Duration.ofSeconds(1));
    sent.addAll(fixture.send(40));
    await().atMost(SOON).until(() -> waiting.get() >= 4 && failed.get() == 8);

    ClockJump.by(fixture, Duration.ofSeconds(seconds));
    sent.addAll(fixture.send(10));
    gate.countDown();
    accounts.awaitAll(fixture, sent);
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void aProducerGoesOnBehindIdsThatAreAhead() {
    List<CompletableFuture<MessageId>> results = new ArrayList<>();
    try (StreamProducer idempotent = StreamProducer.builder(fixture.redis).idempotent().build()) {
      for (int i = 0; i < 300; i++) {
        if (i == 100) {
          results.forEach(CompletableFuture::join);
          ClockJump.aheadOfTheClock(fixture, HOUR, "ahead");
        }
        StreamProducer producer = i % 2 == 0 ? idempotent : fixture.producer;
        results.add(producer.send(fixture.tenant, fixture.topic, Message.of("t", "m" + i)));
      }
      assertThat(results.stream().map(result -> EntryId.parse(result.join().value())).distinct())
          .hasSize(300);
    }
    assertThat(fixture.run("XLEN", fixture.stream())).isEqualTo(301L);
  }

  @Test
  void theClientsClockDoesNotMatter(RedisServer server) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    // Jumps by hours, forward and back, whenever it is looked at.
    InstantSource jumping =
        () -> {
          int times = asked.incrementAndGet();
          return Instant.EPOCH.plus(Duration.ofHours(times % 2 == 0 ? 500_000 : 3L * times));
        };
    Clock clock = jumping.withZone(ZoneOffset.UTC);
    Duration lease = Duration.ofSeconds(1);
    fixture.createGroup();
    try (RedisConnection redis =
        RedisConnection.builder().url(server.url()).clock(clock).lazy().build()) {
      List<MessageId> sent = new ArrayList<>(fixture.send(5));
      fixture.readAs("dead", 5);
      StreamWorker worker =
          fixture.start(
              fixture
                  .worker(redis)
                  .clock(clock)
                  .lease(lease)
                  .retry(RetryPolicy.fixed(Duration.ofMillis(100)).jitter(0))
                  .handler((message, delivery) -> handle(delivery)));
      sent.addAll(fixture.send(10));
      sent.add(
          fixture.producer.sendAndWait(
              fixture.tenant, fixture.topic, Message.of("t", "m0").expiresAfter(HOUR)));
      StreamScheduler.of(redis)
          .sendAfter(fixture.tenant, fixture.topic, Message.of("t", "m0"), Duration.ofMillis(200));
      await().atMost(SOON).until(() -> waiting.get() == 1);
      await().during(lease.multipliedBy(3)).until(() -> worker.stats().leasesLost() == 0);
      gate.countDown();
      accounts.awaitAll(fixture, sent);
      await().atMost(SOON).until(() -> worker.stats().acknowledged() == sent.size() + 1);
      assertThat(worker.stats().takenOver()).isEqualTo(5);
      assertThat(fixture.dead()).isEmpty();
      assertThat(asked).as("looks at the clock").hasPositiveValue();
      worker.close();
    }
  }
}
