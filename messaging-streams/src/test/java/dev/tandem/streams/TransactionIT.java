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
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a transactional handler does happens with its acknowledgement, once, or not at all. */
@RedisTest(dedicated = true, appendOnly = true)
class TransactionIT {
  private static final Duration LONG_LEASE = Duration.ofMinutes(10);
  private static final String STATE = "balances";

  private final RedisServer server;
  private final Fixture fixture;
  private final StreamTopic<String> out = StreamTopic.of("receipts", Serde.string());
  private final StateStore states;

  TransactionIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new Fixture(server.url(), tenant);
    this.states = StateStore.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamWorker start(TransactionalHandler<String> handler) throws InterruptedException {
    return fixture.start(fixture.worker().lease(LONG_LEASE).transactional(handler));
  }

  private StreamWorker through(FaultProxy proxy, TransactionalHandler<String> handler)
      throws InterruptedException {
    return fixture.start(
        fixture.worker(fixture.connection(proxy.url())).lease(LONG_LEASE).transactional(handler));
  }

  private String stateKey() {
    return KeyLayout.of(fixture.redis).state(fixture.tenant, STATE).text();
  }

  private String outKey() {
    return KeyLayout.of(fixture.redis).stream(fixture.tenant, out.name()).stream().text();
  }

  private long outputs() {
    return Replies.number(fixture.run("XLEN", outKey()));
  }

  private long balance(String account) {
    return states.get(fixture.tenant, STATE, account).map(Long::parseLong).orElse(0L);
  }

  private long metric(String name) {
    return fixture
        .redis
        .metrics()
        .counter("tandem.streams.worker.orders." + GROUP + '.' + name)
        .getCount();
  }

  private void awaitAcknowledged(StreamWorker worker, long count) {
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == count);
  }

  @Test
  void outputsStateAndAcknowledgementCommitTogether() throws Exception {
    StreamTopic<String> second = StreamTopic.of("audit", Serde.string());
    StreamWorker worker =
        start(
            (message, tx) -> {
              tx.send(out, Message.of("receipt", "1 of " + message.payload()).key("k"));
              tx.send(second, Message.of("audit", message.payload()));
              tx.send(out, Message.of("receipt", "2 of " + message.payload()));
              TransactionState state = tx.state(STATE);
              state.increment("alice", -5);
              state.put("bob", 7);
              state.put("gone", "x");
              state.delete("gone");
              tx.state("other").put("seen", tx.delivery().id().value());
            });
    String id = fixture.send("m").value();
    awaitAcknowledged(worker, 1);
    assertThat(fixture.pending()).isZero();
    try (StreamConsumer reader = StreamConsumer.builder(fixture.redis).group("readers").build()) {
      List<HeldDelivery<String>> receipts = reader.poll(fixture.tenant, out, 10);
      assertThat(receipts)
          .extracting(delivery -> delivery.message().payload())
          .containsExactly("1 of m", "2 of m");
      assertThat(receipts.get(0).message().key()).isEqualTo("k");
      assertThat(reader.poll(fixture.tenant, second, 10)).hasSize(1);
    }
    assertThat(states.getAll(fixture.tenant, STATE)).isEqualTo(Map.of("alice", "-5", "bob", "7"));
    assertThat(states.getAll(fixture.tenant, STATE, List.of("bob", "nobody")))
        .isEqualTo(Map.of("bob", "7"));
    assertThat(states.get(fixture.tenant, "other", "seen")).contains(id);
    assertThat(states.size(fixture.tenant, STATE)).isEqualTo(2);
    assertThat(metric("committed")).isEqualTo(1);
  }

  @Test
  void aHandlerSeesWhatItHasWritten() throws Exception {
    fixture.run("HSET", stateKey(), "number", "40", "text", "t");
    List<Object> seen = Collections.synchronizedList(new ArrayList<>());
    StreamWorker worker =
        start(
            (message, tx) -> {
              TransactionState state = tx.state(STATE);
              seen.add(state.getLong("number"));
              state.increment("number", 1);
              state.increment("number", 1);
              seen.add(tx.state(STATE).get("number"));
              state.put("text", "u");
              seen.add(state.getAll(List.of("text", "missing")));
              state.delete("text");
              seen.add(state.get("text"));
              state.increment("text", 3);
              seen.add(state.getLong("text"));
              seen.add(state.getLong("missing"));
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    assertThat(seen)
        .containsExactly(
            40L,
            java.util.Optional.of("42"),
            Map.of("text", "u"),
            java.util.Optional.empty(),
            3L,
            0L);
    assertThat(states.getAll(fixture.tenant, STATE)).isEqualTo(Map.of("number", "42", "text", "3"));
  }

  @Test
  void throwingCommitsNothing() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        start(
            (message, tx) -> {
              tx.send(out, Message.of("receipt", "r"));
              tx.state(STATE).increment("alice", 1);
              if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
              }
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    assertThat(runs).hasValue(3);
    assertThat(outputs()).isEqualTo(1);
    assertThat(balance("alice")).isEqualTo(1);
  }

  @Test
  void whatWasReadAndChangedByOthersIsHandledAgainAtOnceWithoutCounting() throws Exception {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    StreamWorker worker =
        start(
            (message, tx) -> {
              long before = tx.state(STATE).getLong("alice");
              seen.add(before + "/" + tx.delivery().deliveries());
              if (seen.size() <= 2) {
                fixture.run("HINCRBY", stateKey(), "alice", "10");
              }
              tx.state(STATE).put("alice", before + 1);
              tx.send(out, Message.of("receipt", "r"));
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    assertThat(seen).containsExactly("0/1", "10/1", "20/1");
    assertThat(balance("alice")).isEqualTo(21);
    assertThat(outputs()).isEqualTo(1);
    assertThat(metric("conflicts")).isEqualTo(2);
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void endlessConflictsAreAFailureInTheEnd() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .lease(LONG_LEASE)
                .retry(RetryPolicy.none())
                .transactional(
                    (message, tx) -> {
                      tx.state(STATE).get("alice");
                      tx.send(out, Message.of("receipt", "r"));
                      fixture.run("HSET", stateKey(), "alice", "" + runs.incrementAndGet());
                    }));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(runs).hasValue(TransactionalHandler.MOST_CONFLICTS + 1);
    assertThat(fixture.dead().get(0).error()).contains("was changed each of 51 times");
    assertThat(outputs()).isZero();
  }

  @Test
  void incrementsConflictWithNobody() throws Exception {
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .concurrency(16)
                .transactional((message, tx) -> tx.state(STATE).increment("hits", 1)));
    fixture.send(500);
    awaitAcknowledged(worker, 500);
    assertThat(balance("hits")).isEqualTo(500);
    assertThat(metric("conflicts")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"output", "state", "number", "huge"})
  void whatTheServerWouldRefuseHalfwayCommitsNothing(String what) throws Exception {
    switch (what) {
      case "output" -> fixture.run("SET", outKey(), "a string");
      case "state" -> fixture.run("SET", stateKey(), "a string");
      case "number" -> fixture.run("HSET", stateKey(), "bob", "12.5");
      default -> fixture.run("HSET", stateKey(), "bob", "9223372036854775807");
    }
    StreamTopic<String> fine = StreamTopic.of("fine", Serde.string());
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .retry(RetryPolicy.none())
                .transactional(
                    (message, tx) -> {
                      tx.send(fine, Message.of("t", "x"));
                      tx.state("fine").put("a", "b");
                      tx.send(out, Message.of("t", "x"));
                      tx.state(STATE).increment("bob", 1);
                    }));
    fixture.send("m");
    await().atMost(SOON).until(() -> worker.stats().deadLettered() == 1);
    assertThat(states.size(fixture.tenant, "fine")).isZero();
    String fineKey = KeyLayout.of(fixture.redis).stream(fixture.tenant, "fine").stream().text();
    assertThat(Replies.number(fixture.run("EXISTS", fineKey))).isZero();
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void aZombieCommitsNothing() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    StreamWorker worker =
        start(
            (message, tx) -> {
              tx.send(out, Message.of("receipt", "zombie"));
              tx.state(STATE).increment("alice", 1);
              String id = tx.delivery().id().value();
              fixture.run("XCLAIM", fixture.stream(), GROUP, "heir", "0", id);
              ran.countDown();
            });
    fixture.send("m");
    ran.await();
    await().atMost(SOON).until(() -> worker.stats().leasesLost() == 1);
    assertThat(outputs()).isZero();
    assertThat(balance("alice")).isZero();
    assertThat(fixture.pendingOf("heir")).hasSize(1);
    assertThat(fixture.dead()).isEmpty();
    assertThat(metric("committed")).isZero();
  }

  @Test
  void aCommitWhoseReplyIsLostIsNotDoneTwice(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        through(
            proxy,
            (message, tx) -> {
              tx.send(out, Message.of("receipt", message.payload()));
              tx.state(STATE).increment("alice", 1);
              if (message.payload().equals("lost")) {
                proxy.executeButDropReply(line -> line.contains("append"));
              }
            });
    fixture.send("the server knows the script from here on");
    awaitAcknowledged(worker, 1);
    fixture.send("lost");
    awaitAcknowledged(worker, 2);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(outputs()).isEqualTo(2);
    assertThat(balance("alice")).isEqualTo(2);
    assertThat(fixture.pending()).isZero();
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void aCommitWhoseReplyIsLostWithItsGroupIsNotDoneTwice(FaultProxy proxy) throws Exception {
    StreamWorker worker =
        through(
            proxy,
            (message, tx) -> {
              tx.send(out, Message.of("receipt", message.payload()));
              if (message.payload().equals("lost")) {
                proxy.executeButDropReply(
                    line -> {
                      boolean commit = line.contains("append");
                      if (commit) {
                        proxy.delay(Duration.ofMillis(100)); // the next try comes after the group
                      }
                      return commit;
                    });
              }
            });
    fixture.send("first");
    awaitAcknowledged(worker, 1);
    fixture.send("lost");
    await().atMost(SOON).until(() -> proxy.droppedReplies() == 1);
    fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
    proxy.heal();
    fixture.send("after");
    awaitAcknowledged(worker, 3);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(outputs()).isEqualTo(3);
  }

  @Test
  void aGroupLostBeforeTheCommitGetsItsMessageBackAndCommitsOnce() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        start(
            (message, tx) -> {
              tx.send(out, Message.of("receipt", message.payload()));
              if (runs.incrementAndGet() == 1) {
                fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
              }
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(outputs()).isEqualTo(1);
    assertThat(runs).hasValue(1);
  }

  @Test
  void aServerOutOfMemoryCommitsAllLaterOrNothing() throws Exception {
    AtomicReference<String> limit = new AtomicReference<>("1");
    StreamWorker worker =
        start(
            (message, tx) -> {
              tx.state(STATE).put("a", "b");
              tx.state(STATE).delete("c");
              tx.send(out, Message.of("receipt", message.payload()));
              fixture.run("CONFIG", "SET", "maxmemory", limit.getAndSet("0"));
            });
    fixture.run("HSET", stateKey(), "c", "d");
    fixture.run("CONFIG", "RESETSTAT");
    fixture.send("m");
    // The error of a script, which 6.2 counts among the general ones.
    await()
        .atMost(SOON)
        .until(
            () ->
                fixture.run("INFO", "errorstats") instanceof byte[] info
                    && new String(info, java.nio.charset.StandardCharsets.US_ASCII)
                        .matches("(?s).*errorstat_(OOM|ERR).*"));
    assertThat(states.getAll(fixture.tenant, STATE)).isEqualTo(Map.of("c", "d"));
    assertThat(outputs()).isZero();
    assertThat(fixture.pending()).isEqualTo(1);
    fixture.run("CONFIG", "SET", "maxmemory", "0");
    awaitAcknowledged(worker, 1);
    assertThat(states.getAll(fixture.tenant, STATE)).isEqualTo(Map.of("a", "b"));
    assertThat(outputs()).isEqualTo(1);
    assertThat(worker.stats().failed()).isZero();
  }

  @Test
  void closingWaitsForTheCommit() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    StreamWorker worker =
        start(
            (message, tx) -> {
              inside.countDown();
              go.await();
              tx.send(out, Message.of("receipt", "r"));
            });
    fixture.send("m");
    inside.await();
    Thread closing = new Thread(worker::close);
    closing.start();
    go.countDown();
    closing.join();
    assertThat(outputs()).isEqualTo(1);
    assertThat(fixture.pending()).isZero();
  }

  @SuppressWarnings("NullAway") // what is kept is there by then
  @Test
  void aTransactionIsOverWhenItsHandlerHasReturned() throws Exception {
    AtomicReference<Transaction<String>> kept = new AtomicReference<>();
    AtomicReference<TransactionState> state = new AtomicReference<>();
    StreamWorker worker =
        start(
            (message, tx) -> {
              kept.set(tx);
              state.set(tx.state(STATE));
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    assertThatThrownBy(() -> kept.get().send(out, Message.of("t", "x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is over");
    assertThatThrownBy(() -> kept.get().state(STATE)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> state.get().get("a")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> state.get().put("a", "b")).isInstanceOf(IllegalStateException.class);
  }

  @SuppressWarnings("NullAway") // null is among what is refused
  @Test
  void refusesBadValuesEachWithOneClearException() throws Exception {
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    StreamWorker worker =
        start(
            (message, tx) -> {
              List<Runnable> calls =
                  List.of(
                      () -> tx.state("a:b"),
                      () -> tx.state(STATE).get(""),
                      () -> tx.state(STATE).put("f", null),
                      () -> tx.state(STATE).increment("f", Long.MAX_VALUE),
                      () -> tx.state(STATE).put("f", "x".repeat((1 << 20) + 1)),
                      () -> tx.send(out, null),
                      () -> tx.send(out.payloadLimit(1), Message.of("t", "xx")),
                      () -> sendMany(tx),
                      () -> readMany(tx));
              for (Runnable call : calls) {
                try {
                  call.run();
                  thrown.add(new AssertionError("not refused"));
                } catch (InvalidValueException e) {
                  thrown.add(e);
                }
              }
            });
    fixture.send("m");
    awaitAcknowledged(worker, 1);
    assertThat(thrown)
        .hasSize(9)
        .allSatisfy(e -> assertThat(e).isInstanceOf(InvalidValueException.class));
    assertThatThrownBy(() -> states.get(fixture.tenant, "a b", "f"))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> fixture.worker().transactional(null))
        .isInstanceOf(InvalidValueException.class);
  }

  private void sendMany(Transaction<String> tx) {
    for (int i = 0; i <= Transaction.MOST_OUTPUTS; i++) {
      tx.send(out, Message.of("t", "x"));
    }
  }

  private static void readMany(Transaction<String> tx) {
    for (int i = 0; i <= Transaction.MOST_FIELDS; i++) {
      tx.state("many").increment("f" + i, 1);
    }
  }

  @Test
  void aServerKilledAtTheCommitLosesOrKeepsItWhole() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            fixture
                .worker()
                .lease(Duration.ofSeconds(2))
                .concurrency(4)
                .transactional(
                    (message, tx) -> {
                      long before = tx.state(STATE).getLong("count");
                      tx.state(STATE).put("count", before + 1);
                      tx.send(out, Message.of("receipt", message.payload()));
                      runs.incrementAndGet();
                    }));
    fixture.send(200);
    await().atMost(SOON).until(() -> runs.get() > 60);
    server.kill();
    server.restart();
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> fixture.pending() == 0 && outputs() >= 200);
    assertThat(outputs()).isEqualTo(200);
    assertThat(balance("count")).isEqualTo(200);
    assertThat(fixture.dead()).isEmpty();
    assertThat(worker.stats().deadLettered()).isZero();
  }
}
