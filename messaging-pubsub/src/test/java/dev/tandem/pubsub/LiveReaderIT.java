package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.GapReason;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages that are fetched. */
@RedisTest
class LiveReaderIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Buses buses = new Buses();
  private final Tenant tenant;
  private final LiveBus bus;
  private final Channel<String> board = channel("board");

  LiveReaderIT(RedisServer server, @UniqueTenant String name) {
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private LiveReader<String> open(SubscribeOptions options) throws Exception {
    LiveReader<String> reader = bus.open(tenant, board, options);
    reader.active().get(20, TimeUnit.SECONDS);
    return reader;
  }

  private static String payload(LiveEvent<String> event) {
    return event instanceof LiveEvent.OfMessage<String> message
        ? message.message().payload()
        : "gap";
  }

  private static String next(LiveReader<String> reader) {
    return payload(requireNonNull(reader.poll(PATIENCE)));
  }

  @Test
  void givesOneAfterTheOtherAndStandsAfterTheLast() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow());
    assertThat(reader.poll(Duration.ZERO)).isNull();
    assertThat(reader.poll(Duration.ofMillis(1))).isNull();
    List<PublishReceipt> receipts = publish(bus, tenant, board, numbers("m", 1, 100));
    for (int i = 1; i <= 100; i++) {
      assertThat(next(reader)).isEqualTo("m" + i);
      assertThat(reader.position()).isEqualTo(receipts.get(i - 1).position());
    }
    assertThat(reader.poll(Duration.ZERO)).isNull();
    assertThat(reader.stats().delivered()).isEqualTo(100);
    assertThat(reader.stats().queued()).isZero();
    assertThat(bus.stats().delivered()).isEqualTo(100);
    assertThat(bus.stats().subscriptions()).isEqualTo(1);
    reader.close();
    assertThat(bus.stats().subscriptions()).isZero();
  }

  @Test
  void givesManyAtOnceAndFiltersOnTheWay() throws Exception {
    LiveReader<String> reader =
        open(SubscribeOptions.fromNow().filter(m -> !"m3".equals(m.payload())));
    publish(bus, tenant, board, numbers("m", 1, 5));
    List<String> got = new ArrayList<>();
    while (got.size() < 4) {
      List<LiveEvent<String>> some = reader.poll(3, PATIENCE);
      assertThat(some).hasSizeBetween(1, 3);
      some.forEach(event -> got.add(payload(event)));
    }
    assertThat(got).containsExactly("m1", "m2", "m4", "m5");
    assertThat(reader.poll(3, Duration.ZERO)).isEmpty();
    assertThat(reader.stats().filtered()).isEqualTo(1);
  }

  @Test
  void whatDoesNotFitIsReadAgain() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow().queueLimit(5));
    for (int i = 1; i <= 100; i++) {
      bus.publish(tenant, board, message("m" + i));
      assertThat(reader.stats().queued()).isLessThanOrEqualTo(5);
    }
    for (int i = 1; i <= 100; i++) {
      assertThat(next(reader)).isEqualTo("m" + i);
    }
    assertThat(reader.stats().recovered()).isPositive();
  }

  @Test
  void aGapIsAnEvent() throws Exception {
    Channel<String> small = board.recoverable(Duration.ofMinutes(1), 5);
    Position start = requireNonNull(bus.publish(tenant, small, message("first")).position());
    for (int i = 1; i <= 30; i++) {
      bus.publish(tenant, small, message("m" + i));
    }
    LiveReader<String> reader = bus.open(tenant, small, SubscribeOptions.from(start));
    LiveEvent<String> first = reader.poll(PATIENCE);
    assertThat(first).isInstanceOf(LiveEvent.OfGap.class);
    assertThat(((LiveEvent.OfGap<String>) requireNonNull(first)).gap().reason())
        .isEqualTo(GapReason.TRIMMED);
    assertThat(next(reader)).isEqualTo("m26");
    assertThat(reader.stats().gaps()).isEqualTo(1);
  }

  @Test
  void closingWakesWhoWaits() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow());
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Object> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              begun.countDown();
              return String.valueOf(reader.poll(LiveReader.MAX_WAIT));
            });
    CompletableFuture<Integer> iterating =
        CompletableFuture.supplyAsync(
            () -> {
              int events = 0;
              for (LiveEvent<String> event : reader) {
                events += event == null ? 0 : 1;
              }
              return events;
            });
    assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
    reader.close();
    assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedException.class);
    assertThat(iterating.get(20, TimeUnit.SECONDS)).isZero();
    assertThatThrownBy(() -> reader.poll(Duration.ZERO)).isInstanceOf(ClosedException.class);
  }

  @Test
  void closingTheBusEndsAnIteration() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow());
    bus.publish(tenant, board, message("m1"));
    List<String> got = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Void> all =
        CompletableFuture.runAsync(() -> reader.forEach(event -> got.add(payload(event))));
    await().atMost(PATIENCE).until(() -> got.size() == 1);
    bus.close();
    all.get(20, TimeUnit.SECONDS);
    assertThat(got).containsExactly("m1");
  }

  @Test
  void whoIsDisconnectedGetsAnErrorAndResumes() throws Exception {
    SubscribeOptions limited =
        SubscribeOptions.fromNow().slowConsumer(SlowConsumer.DISCONNECT).queueLimit(3);
    LiveReader<String> reader = open(limited);
    bus.publish(tenant, board, message("m1"));
    assertThat(next(reader)).isEqualTo("m1");
    for (int i = 2; i <= 20; i++) {
      bus.publish(tenant, board, message("m" + i));
    }
    await().atMost(PATIENCE).until(() -> bus.stats().subscriptions() == 0);
    assertThatThrownBy(() -> reader.poll(PATIENCE))
        .isInstanceOf(ClosedException.class)
        .hasMessageContaining("too slow");
    LiveReader<String> resumed = open(SubscribeOptions.from(requireNonNull(reader.position())));
    for (int i = 2; i <= 20; i++) {
      assertThat(next(resumed)).isEqualTo("m" + i);
    }
  }

  @Test
  void manyThreadsShareWhatComes() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow().queueLimit(2_000));
    List<String> got = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          CompletableFuture.runAsync(() -> reader.forEach(event -> got.add(payload(event)))));
    }
    List<String> payloads = numbers("m", 1, 2_000);
    publish(bus, tenant, board, payloads);
    await().atMost(PATIENCE).until(() -> got.size() == 2_000);
    assertThat(got).containsExactlyInAnyOrderElementsOf(payloads);
    reader.close();
    CompletableFuture.allOf(threads.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
  }

  @Test
  void anInterruptedWaitIsAnError() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow());
    AtomicBoolean interrupted = new AtomicBoolean();
    CompletableFuture<Void> outcome = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                reader.poll(PATIENCE);
                outcome.complete(null);
              } catch (WaitTimeoutException e) {
                interrupted.set(Thread.currentThread().isInterrupted());
                outcome.completeExceptionally(e);
              }
            });
    thread.start();
    thread.interrupt();
    assertThatThrownBy(() -> outcome.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(WaitTimeoutException.class);
    assertThat(interrupted).isTrue();
  }

  @Test
  void refusesWaitsAndNumbersOutOfRange() throws Exception {
    LiveReader<String> reader = open(SubscribeOptions.fromNow());
    assertThatThrownBy(() -> reader.poll(Duration.ofMillis(-1)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> reader.poll(0, Duration.ZERO))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> bus.open(tenant, board.fleeting(), SubscribeOptions.fromBeginning()))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void conflatedMessagesAreNotFetched() throws Exception {
    LiveReader<String> reader =
        open(SubscribeOptions.fromNow().slowConsumer(SlowConsumer.NEWEST_PER_KEY));
    for (int i = 1; i <= 20; i++) {
      bus.publish(tenant, board, Message.of("test", "a" + i).key("a"));
      bus.publish(tenant, board, Message.of("test", "b" + i).key("b"));
    }
    await().atMost(PATIENCE).until(() -> reader.stats().conflated() == 38);
    assertThat(next(reader)).isEqualTo("a20");
    assertThat(next(reader)).isEqualTo("b20");
    assertThat(reader.poll(Duration.ZERO)).isNull();
    assertThat(reader.position()).isEqualTo(bus.currentPosition(tenant, board));
  }
}
