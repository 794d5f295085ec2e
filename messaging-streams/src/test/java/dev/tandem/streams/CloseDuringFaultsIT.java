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
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who is closed amid a fault, with its hands full, ends in time and leaves no thread and no
 * connection behind; and the next one finishes the work.
 */
@RedisTest(dedicated = true, appendOnly = true)
class CloseDuringFaultsIT {
  private static final int MESSAGES = 200;
  private static final int LARGE = 24;
  private static final int FREE = 20;
  private static final Duration LEASE = Duration.ofMillis(500);
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /** What may take longer than the drain time: the threads' own ends. */
  private static final Duration MARGIN = Duration.ofSeconds(30);

  /** How long who sent something waits for an answer that never comes. */
  private static final Duration REPLY = Duration.ofSeconds(2);

  private final RedisServer server;
  private final Accounts accounts = new Accounts();

  /** What handlers wait for, but for the first few, so that the fault finds them at work. */
  private final CountDownLatch gate = new CountDownLatch(1);

  private final Queue<CompletableFuture<Settlement>> later = new ConcurrentLinkedQueue<>();
  private final AtomicInteger begun = new AtomicInteger();

  /** Not those of this test. */
  private final Set<Thread> threadsBefore = Thread.getAllStackTraces().keySet();

  private final AtomicInteger waiting = new AtomicInteger();

  CloseDuringFaultsIT(RedisServer server) {
    this.server = server;
  }

  /** What goes wrong while somebody is closed. */
  enum Fault {
    RESET,
    REPLIES_LOST,
    REFUSED,
    BLACK_HOLE,
    HALF_OPEN,
    SCRIPTS_FORGOTTEN,
    OUT_OF_MEMORY,
    SERVER_FROZEN,
    SERVER_KILLED,
    SERVER_FLUSHED,
    STREAM_DELETED,
    STREAM_TRIMMED,
    GROUP_DESTROYED,
    HANDLERS_HANG,
    HANDLERS_THROW_ERRORS,
    LARGE_PAYLOADS,
    GARBAGE;

    /** Whether what was published before is gone, for nobody but who gave the order to answer. */
    boolean loses() {
      return this == SERVER_FLUSHED || this == STREAM_DELETED;
    }

    /** Whether nobody can know what was delivered before. */
    boolean forgets() {
      return loses() || this == GROUP_DESTROYED;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWorkerEndsInTimeAndLeavesTheRestToOthers(
      Fault fault, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant);
        RedisConnection connection = RedisConnection.builder().url(proxy.url()).lazy().build()) {
      List<MessageId> sent = publish(fault, fixture);
      StreamWorker worker = worker(fixture, connection, fault);
      worker.start();
      await().atMost(SOON).until(() -> waiting.get() > 0);
      List<MessageId> concerned = begin(fault, proxy, fixture, sent);

      endsInTime(fault, worker::close);
      assertThat(worker.state()).isEqualTo(LifecycleState.STOPPED);
      end(fault, proxy, fixture);
      leavesNothingBehind(connection, proxy);
      finishes(fault, fixture, concerned);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConsumerEndsInTimeAndLeavesTheRestToOthers(
      Fault fault, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant);
        RedisConnection connection = RedisConnection.builder().url(proxy.url()).lazy().build()) {
      List<MessageId> sent = publish(fault, fixture);
      StreamConsumer consumer =
          StreamConsumer.builder(connection)
              .group(GROUP)
              .lease(LEASE)
              .drainTimeout(DRAIN)
              .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(6))
              .build();
      Thread loop = new Thread(() -> loop(fixture, consumer, fault), "consumer-loop");
      loop.start();
      await().atMost(SOON).until(() -> waiting.get() > 0);
      List<MessageId> concerned = begin(fault, proxy, fixture, sent);

      endsInTime(fault, consumer::close);
      end(fault, proxy, fixture);
      loop.join(SOON.toMillis());
      assertThat(loop.isAlive()).as("its caller's loop").isFalse();
      leavesNothingBehind(connection, proxy);
      finishes(fault, fixture, concerned);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "RESET",
        "REPLIES_LOST",
        "REFUSED",
        "BLACK_HOLE",
        "HALF_OPEN",
        "SCRIPTS_FORGOTTEN",
        "OUT_OF_MEMORY",
        "SERVER_FROZEN",
        "SERVER_KILLED",
        "LARGE_PAYLOADS"
      })
  void aProducerEndsInTimeAndWhatItSaidIsThereIsThereOnce(
      Fault fault, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant);
        RedisConnection connection =
            RedisConnection.builder().url(proxy.url()).replyTimeout(REPLY).lazy().build()) {
      StreamProducer producer = StreamProducer.builder(connection).idempotent().build();
      List<CompletableFuture<MessageId>> results = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        results.add(producer.send(fixture.tenant, fixture.topic, Message.of("test", "m" + i)));
      }
      begin(fault, proxy, fixture, List.of());
      for (int i = MESSAGES; i < 2 * MESSAGES; i++) {
        String payload = fault == Fault.LARGE_PAYLOADS && i % 10 == 0 ? large(i) : "m" + i;
        results.add(producer.send(fixture.tenant, fixture.topic, Message.of("test", payload)));
      }
      endsInTime(fault, () -> producer.close(DRAIN));
      // What was on its way when the time was over gets its outcome from the sending thread.
      await().atMost(SOON).until(() -> results.stream().allMatch(CompletableFuture::isDone));
      end(fault, proxy, fixture);
      leavesNothingBehind(connection, proxy);
      isThereOnce(fixture, results);
    }
  }

  private static void isThereOnce(Fixture fixture, List<CompletableFuture<MessageId>> results) {
    List<String> there =
        Replies.list(fixture.read("XRANGE", fixture.stream(), "-", "+")).stream()
            .map(entry -> Replies.text(Replies.list(entry).get(0)))
            .toList();
    List<String> promised =
        results.stream()
            .filter(result -> !result.isCompletedExceptionally())
            .map(result -> result.join().value())
            .toList();
    assertThat(promised).doesNotHaveDuplicates();
    assertThat(there).containsAll(promised).hasSizeLessThanOrEqualTo(results.size());
  }

  private List<MessageId> publish(Fault fault, Fixture fixture) {
    fixture.createGroup();
    List<MessageId> sent = new ArrayList<>();
    int count = fault == Fault.LARGE_PAYLOADS ? LARGE : MESSAGES;
    for (int i = 0; i < count; i++) {
      boolean garbage = fault == Fault.GARBAGE && i % 2 == 0;
      sent.add(
          garbage
              ? garbage(fixture, i)
              : fixture.send(fault == Fault.LARGE_PAYLOADS && i >= FREE / 2 ? large(i) : "m" + i));
    }
    return sent;
  }

  private static String large(int number) {
    String text = "m" + number;
    return text + " ".repeat(StreamTopic.DEFAULT_PAYLOAD_LIMIT - text.length());
  }

  private static MessageId garbage(Fixture fixture, int number) {
    byte[] bytes = {(byte) 0xff, 0, (byte) number, '{', '\r', '\n', (byte) 0xc0};
    Command add = Command.of("XADD").arg(fixture.stream()).arg("*");
    for (String field : List.of("type", "key", "headers", "data", "ttl", "none of ours")) {
      add.arg(field).arg(number % 3 == 0 ? "\u00ff{".getBytes(StandardCharsets.ISO_8859_1) : bytes);
    }
    return MessageId.of(Replies.text(fixture.redis.commands().execute(add)));
  }

  private StreamWorker worker(Fixture fixture, RedisConnection over, Fault fault) {
    return fixture
        .worker(over)
        .concurrency(8)
        .lease(LEASE)
        .drainTimeout(DRAIN)
        .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(6))
        .handler((message, delivery) -> handle(message.payload(), delivery, fault))
        .build();
  }

  private void handle(String payload, Delivery<?> delivery, Fault fault) {
    accounts.begins(delivery);
    awaitGate();
    boolean first = delivery.deliveries() == 1;
    if (first && fault == Fault.HANDLERS_THROW_ERRORS) {
      throw new StackOverflowError("is to fail");
    }
    if (first && isToFail(payload)) {
      throw new IllegalStateException("is to fail");
    }
    accounts.handled(delivery);
  }

  private static boolean isToFail(String payload) {
    return payload.matches("m\\d+ *") && Integer.parseInt(payload.trim().substring(1)) % 7 == 3;
  }

  /** Takes no notice of interruptions. */
  private void awaitGate() {
    if (begun.incrementAndGet() <= FREE) {
      return;
    }
    waiting.incrementAndGet();
    boolean interrupted = false;
    while (gate.getCount() > 0) {
      try {
        gate.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop(Fixture fixture, StreamConsumer consumer, Fault fault) {
    while (true) {
      try {
        consumer
            .poll(fixture.tenant, fixture.topic, 10, Duration.ofMillis(200))
            .forEach(delivery -> settle(consumer, delivery, fault));
      } catch (ClosedException e) {
        return;
      } catch (MessagingException e) {
        // As every loop would: goes on, and so does the consumer.
      }
    }
  }

  private void settle(StreamConsumer consumer, HeldDelivery<String> delivery, Fault fault) {
    try {
      handle(delivery.message().payload(), delivery, fault);
      switch (delivery.id().value().hashCode() % 3) {
        case 0 -> delivery.ack();
        case 1 -> later.add(delivery.ackAsync());
        default -> consumer.ack(List.of(delivery));
      }
    } catch (IllegalStateException | StackOverflowError isToFail) {
      delivery.retry();
    }
  }

  /** The fault begins, and handlers go on amid it; what has to be accounted for after it. */
  private List<MessageId> begin(
      Fault fault, FaultProxy proxy, Fixture fixture, List<MessageId> sent) {
    List<MessageId> concerned = sent;
    switch (fault) {
      case RESET -> proxy.reset();
      case REPLIES_LOST -> proxy.dropRepliesAndReset(6);
      case REFUSED -> proxy.refuse();
      case BLACK_HOLE -> proxy.blackHole();
      case HALF_OPEN -> proxy.halfOpen();
      case SCRIPTS_FORGOTTEN -> server.execute("SCRIPT", "FLUSH");
      case OUT_OF_MEMORY -> server.execute("CONFIG", "SET", "maxmemory", "1");
      case SERVER_FROZEN -> server.pause();
      case SERVER_KILLED -> server.kill();
      case SERVER_FLUSHED -> server.execute("FLUSHALL");
      case STREAM_DELETED -> fixture.run("DEL", fixture.stream());
      case STREAM_TRIMMED -> {
        fixture.run("XTRIM", fixture.stream(), "MAXLEN", "0");
        EntryId last = EntryId.parse(lastDelivered(fixture));
        // What nobody had read is gone by order of the user, and nobody can tell that it was there.
        concerned =
            sent.stream().filter(id -> EntryId.parse(id.value()).compareTo(last) <= 0).toList();
        assertThat(concerned).hasSizeGreaterThan(FREE);
      }
      case GROUP_DESTROYED -> fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      case HANDLERS_HANG, HANDLERS_THROW_ERRORS, LARGE_PAYLOADS, GARBAGE -> {
        // They do from the beginning.
      }
    }
    if (fault != Fault.HANDLERS_HANG) {
      gate.countDown();
    }
    return concerned;
  }

  private static String lastDelivered(Fixture fixture) {
    Object group = Replies.list(fixture.read("XINFO", "GROUPS", fixture.stream())).get(0);
    return Replies.text(Replies.map(group).get("last-delivered-id"));
  }

  private static void endsInTime(Fault fault, Runnable close) {
    long start = System.nanoTime();
    close.run();
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("the time to close amid " + fault)
        .isLessThan(DRAIN.plus(MARGIN));
  }

  private void end(Fault fault, FaultProxy proxy, Fixture fixture) {
    gate.countDown();
    proxy.heal();
    switch (fault) {
      case OUT_OF_MEMORY -> server.execute("CONFIG", "SET", "maxmemory", "0");
      case SERVER_FROZEN -> server.resume();
      case SERVER_KILLED -> server.restart();
      default -> {
        // Healed with the proxy, or nothing to heal.
      }
    }
    await().atMost(SOON).ignoreExceptions().until(() -> fixture.read("PING") != null);
  }

  private void leavesNothingBehind(RedisConnection connection, FaultProxy proxy) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(threads()).as("threads left behind").isEmpty());
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(connection.stats().activeConnections()).as("in use").isZero();
              assertThat(proxy.connections())
                  .as("connections that are not the pool's")
                  .isLessThanOrEqualTo(connection.stats().idleConnections());
            });
  }

  private List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !threadsBefore.contains(thread))
        .map(Thread::getName)
        .filter(
            name ->
                name.startsWith("tandem-worker-" + GROUP)
                    || name.startsWith("tandem-consumer-" + GROUP))
        .toList();
  }

  private void finishes(Fault fault, Fixture fixture, List<MessageId> concerned)
      throws InterruptedException {
    List<MessageId> sent = new ArrayList<>(fault.loses() ? List.of() : concerned);
    StreamWorker next = worker(fixture, fixture.connection(server.url()), fault);
    fixture.closeLater(next);
    next.start();
    assertThat(next.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
    sent.addAll(fixture.send(10));
    if (fault.forgets()) {
      accounts.awaitNoneMissing(fixture, sent);
    } else {
      accounts.awaitAll(fixture, sent);
    }
  }
}
