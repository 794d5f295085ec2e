package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.BOTH;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static dev.tandem.hybrid.TransactionStage.STATE;
import static dev.tandem.hybrid.TransactionStage.TICKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamWorker;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the server refuses, nothing of the transaction is there, and it commits once let. */
@RedisTest(dedicated = true)
@Timeout(120)
class HybridTransactionRefusedIT {
  private static final String AUDIT = "audit";

  private final RedisServer server;
  private final TransactionStage stage;

  HybridTransactionRefusedIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.stage = new TransactionStage(server, tenant);
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private static void doAll(Message<String> message, HybridTransaction<String> transaction) {
    transaction.state(STATE).increment("handled", 1);
    transaction.publish(Message.of("paid", message.payload()), BOTH);
    transaction.publish(BOARD.named(AUDIT), Message.of("seen", message.payload()));
    transaction.publish(TICKER, Message.of("tick", message.payload()));
  }

  private StreamWorker start(RedisConnection redis) throws InterruptedException {
    return stage.start(
        stage.worker(redis).retry(RetryPolicy.fixed(Duration.ofMillis(50)).maxDeliveries(1_000)),
        HybridTransactionRefusedIT::doAll);
  }

  private int handleOne() throws InterruptedException {
    StreamWorker first = start(stage.redis);
    stage.send("before");
    stage.awaitAcknowledged(first, 1);
    first.close();
    return 1;
  }

  private StreamWorker startLimited(String... rights) throws InterruptedException {
    String[] user = new String[rights.length + 6];
    System.arraycopy(
        new String[] {"ACL", "SETUSER", "ann", "reset", "on", ">secret"}, 0, user, 0, 6);
    System.arraycopy(rights, 0, user, 6, rights.length);
    server.execute(user);
    return start(stage.connection(server.url().replace("redis://", "redis://ann:secret@")));
  }

  private void commitsOnceAfter(StreamWorker worker, int before, Runnable repair) {
    stage.send("m");
    await().atMost(SOON).until(() -> worker.stats().failed() >= 3);
    assertThat(stage.sides.stream("receipts")).hasSize(before);
    assertThat(stage.total("handled")).isEqualTo(before);
    assertThat(stage.pending()).isEqualTo(1);
    repair.run();
    await().atMost(SOON).until(() -> stage.total("handled") == before + 1);
    await().atMost(SOON).until(() -> stage.pending() == 0);
    assertThat(stage.sides.stream("receipts")).hasSize(before + 1);
    assertThat(stage.live("board")).hasSize(before + 1);
    assertThat(stage.live(AUDIT)).hasSize(before + 1);
    assertThat(stage.sides.versionsInStream("receipts")).isEqualTo(stage.sides.buffer("board"));
    assertThat(worker.stats().deadLettered()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"board:meta", "board:buffer", "audit:meta", "audit:buffer"})
  void aKeyOfAnotherKind(String key) throws Exception {
    String name = stage.prefix + ":channel:" + key;
    server.execute("RPUSH", name, "something else");
    StreamWorker worker = start(stage.redis);
    commitsOnceAfter(worker, 0, () -> server.execute("DEL", name));
  }

  @ParameterizedTest
  @CsvSource({"publish,false", "publish,true", "hset,true", "pexpire,true", "xdel,true"})
  void aCommandThatTheUserHasNoRightTo(String command, boolean begun) throws Exception {
    int before = begun ? handleOne() : 0;
    StreamWorker worker = startLimited("~*", "&*", "+@all", "-" + command);
    commitsOnceAfter(worker, before, () -> server.execute("ACL", "SETUSER", "ann", "+" + command));
  }

  @ParameterizedTest
  @CsvSource({
    "board,false",
    "audit,false",
    "ticker,false",
    "board,true",
    "audit,true",
    "ticker,true"
  })
  void aChannelThatTheUserMayNotPublishTo(String channel, boolean begun) throws Exception {
    int before = begun ? handleOne() : 0;
    String prefix = stage.prefix + ":channel:";
    String[] rights = {"~*", "+@all", "resetchannels", "&x", "&x", "&x"};
    int at = 3;
    for (String other : List.of("board", "audit", "ticker")) {
      rights[at++] = other.equals(channel) ? "&x" : "&" + prefix + other;
    }
    StreamWorker worker = startLimited(rights);
    commitsOnceAfter(
        worker,
        before,
        () -> {
          assertThat(stage.sides.buffer("board")).hasSize(before);
          assertThat(stage.sides.buffer(AUDIT)).hasSize(before);
          server.execute("ACL", "SETUSER", "ann", "&" + prefix + channel);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"board", "audit"})
  void aChannelWhoseKeysTheUserMayNotWrite(String channel) throws Exception {
    String other = channel.equals("board") ? "audit" : "board";
    StreamWorker worker =
        startLimited(
            "+@all",
            "&*",
            "~" + stage.prefix + ":stream:*",
            "~" + stage.prefix + ":state:*",
            "~" + stage.prefix + ":quota",
            "~" + stage.prefix + ":channels",
            "~" + stage.prefix + ":channel:ticker",
            "~" + stage.prefix + ":channel:" + other + "*");
    commitsOnceAfter(worker, 0, () -> server.execute("ACL", "SETUSER", "ann", "~*"));
  }

  @Test
  void anOutputWhoseIdsAreUsedUp() throws Exception {
    String receipts = stage.prefix + ":stream:receipts";
    server.execute("XADD", receipts, "18446744073709551615-18446744073709551615", "by", "another");
    StreamWorker worker = start(stage.redis);
    stage.send("m");
    await().atMost(SOON).until(() -> worker.stats().failed() >= 3);
    assertThat(stage.sides.buffer("board")).isEmpty();
    server.execute("DEL", receipts);
    await().atMost(SOON).until(() -> stage.total("handled") == 1);
    assertThat(stage.sides.versionsInStream("receipts")).isEqualTo(stage.sides.buffer("board"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withoutMemoryNothingIsSeenOrCommitted(boolean onlyFleeting) throws Exception {
    try (LiveBus bus = LiveBus.builder(stage.redis).build()) {
      Recorder ticker = new Recorder();
      bus.subscribe(stage.tenant, TICKER, SubscribeOptions.fromNow(), ticker).active().join();
      StreamWorker worker =
          stage.start(
              (message, transaction) -> {
                if (onlyFleeting) {
                  transaction.publish(TICKER, Message.of("tick", "t"));
                  transaction.state(STATE).increment("handled", 1);
                } else {
                  doAll(message, transaction);
                }
                if (message.payload().equals("full")) {
                  server.execute("CONFIG", "SET", "maxmemory", "1");
                }
              });
      server.execute("CONFIG", "RESETSTAT");
      stage.send("full");
      await().atMost(SOON).until(this::wasRefused);
      assertThat(ticker.payloads).isEmpty();
      assertThat(stage.total("handled")).isZero();
      assertThat(stage.pending()).isEqualTo(1);
      server.execute("CONFIG", "SET", "maxmemory", "0");
      stage.awaitAcknowledged(worker, 1);
      await().atMost(SOON).until(() -> ticker.payloads.size() == 1);
      assertThat(stage.total("handled")).isEqualTo(1);
      assertThat(worker.stats().failed()).isZero();
    } finally {
      server.execute("CONFIG", "SET", "maxmemory", "0");
    }
  }

  /** Scripts' errors are counted among the general ones by 6.2. */
  private boolean wasRefused() {
    String errors = String.valueOf(Objects.requireNonNull(server.execute("INFO", "errorstats")));
    return errors.matches("(?s).*errorstat_(OOM|ERR|@user_script).*");
  }
}
