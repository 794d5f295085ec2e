package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches that are written before the replies to earlier ones are read. */
@RedisTest(dedicated = true)
class WrittenAheadIT {
  private static final Script ECHO = Script.resource(WrittenAheadIT.class, "echo.lua");

  private RedisServer server;
  private FaultProxy proxy;
  private RedisKey key;
  private RedisConnection redis;
  private Pipeline pipeline;

  @BeforeEach
  void connect(RedisServer server, FaultProxy proxy, @UniqueTenant String unique) {
    this.server = server;
    this.proxy = proxy;
    this.key = RedisKey.of(unique);
    redis = RedisConnection.connect(proxy.url());
    pipeline = redis.openPipeline();
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private Command push(String text) {
    return Command.of("RPUSH").key(key).arg(text);
  }

  private List<String> log() {
    return Replies.list(server.execute("LRANGE", key.text(), "0", "-1")).stream()
        .map(Replies::text)
        .toList();
  }

  @Test
  void twoBatchesAreUnderWayAtATimeAndStayInOrder() {
    List<Object> replies = new ArrayList<>();
    pipeline.write(List.of(push("0"), push("1")));
    for (int i = 2; i < 1_000; i += 2) {
      assertThat(pipeline.isReady()).isTrue();
      pipeline.write(List.of(push("" + i), push("" + (i + 1))));
      assertThat(pipeline.isReady()).isFalse();
      replies.addAll(pipeline.read());
    }
    replies.addAll(pipeline.read());

    for (int i = 0; i < 1_000; i++) {
      assertThat(replies.get(i)).isEqualTo(i + 1L);
      assertThat(log().get(i)).isEqualTo("" + i);
    }
    assertThat(redis.stats().activeConnections()).isZero();
    assertThatThrownBy(pipeline::read).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void aThirdOneHasToWait() {
    pipeline.write(List.of(push("a")));
    pipeline.write(List.of(push("b")));

    assertThatThrownBy(() -> pipeline.write(List.of(push("c"))))
        .isInstanceOf(IllegalStateException.class);

    assertThat(pipeline.read()).isEqualTo(List.of(1L));
    assertThat(pipeline.read()).isEqualTo(List.of(2L));
  }

  @Test
  void errorsStandInTheirPlaces() {
    pipeline.write(List.of(push("a"), Command.of("XLEN").key(key), push("b")));
    pipeline.write(List.of(push("c")));

    List<Object> first = pipeline.read();
    assertThat(first.get(0)).isEqualTo(1L);
    assertThat(((MessagingException) first.get(1)).code()).isEqualTo(ErrorCode.WRONG_TYPE);
    assertThat(first.get(2)).isEqualTo(2L);
    assertThat(pipeline.read()).isEqualTo(List.of(3L));
  }

  @Test
  void whenTheConnectionBreaksNothingIsKnownOfBothBatches() {
    proxy.executeButDropReply(line -> line.endsWith(" b"));
    pipeline.write(List.of(push("a"), push("b")));
    pipeline.write(List.of(push("c")));

    List<Object> first = pipeline.read();
    // A connection that is reset may take replies with it that had arrived.
    if (!(first.get(0) instanceof OutcomeUnknownException)) {
      assertThat(first.get(0)).isEqualTo(1L);
    }
    assertThat(first.get(1)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(pipeline.isReady()).isFalse();
    assertThat(pipeline.read().get(0)).isInstanceOf(OutcomeUnknownException.class);

    assertThat(redis.stats().activeConnections()).isZero();
    assertThat(redis.stats().connectionFailures()).isPositive();
    pipeline.write(List.of(push("d")));
    assertThat(pipeline.read()).isEqualTo(List.of(3L));
    assertThat(log()).containsExactly("a", "b", "d");
  }

  @Test
  void aBatchThatTheBreakerRefusesKeepsNoConnection() {
    try (RedisConnection fragile =
        RedisConnection.builder()
            .url(proxy.url())
            .circuitBreaker(2, Duration.ofMillis(200))
            .build()) {
      proxy.refuse();
      await().until(() -> isOpen(fragile));
      proxy.heal();
      await().until(() -> "PONG".equals(ping(fragile))); // of two calls that it lets through
      Pipeline ahead = fragile.openPipeline();
      ahead.write(List.of(push("a")));
      ahead.write(List.of(push("b")));

      assertThat(ahead.read()).isEqualTo(List.of(1L));
      assertThat(((MessagingException) ahead.read().get(0)).code())
          .isEqualTo(ErrorCode.CIRCUIT_OPEN);
      assertThat(fragile.stats().activeConnections()).isZero();
      assertThat(log()).containsExactly("a");
    }
  }

  private static boolean isOpen(RedisConnection connection) {
    return ping(connection) instanceof MessagingException e && e.code() == ErrorCode.CIRCUIT_OPEN;
  }

  private static Object ping(RedisConnection connection) {
    try {
      Object reply = connection.commands().executeAll(List.of(Command.of("PING"))).get(0);
      return reply instanceof MessagingException ? reply : Replies.text(reply);
    } catch (MessagingException e) {
      return e;
    }
  }

  @Test
  void whereNobodyAnswersNothingWasSent() {
    proxy.refuse();
    assertThat(redis.commands().executeAll(List.of(Command.of("PING"))).get(0))
        .isInstanceOf(OutcomeUnknownException.class); // over the connection that was open
    pipeline.write(List.of(push("a"), push("b")));
    proxy.heal();

    assertThat(pipeline.read())
        .hasSize(2)
        .allSatisfy(reply -> assertThat(reply).isInstanceOf(UnavailableException.class));
    assertThat(log()).isEmpty();
    assertThat(redis.stats().activeConnections()).isZero();
  }

  @Test
  void batchesThatWereRefusedTogetherAreLeftToTheirSenderWhoKnowsTheirOrder() {
    server.execute("CONFIG", "SET", "lua-time-limit", "10");
    CompletableFuture<Object> endless =
        CompletableFuture.supplyAsync(() -> server.execute("EVAL", "while true do end", "0"));
    await().until(() -> isBusy());
    pipeline.write(List.of(push("a")));
    await().until(() -> isBusy()); // the server has answered what was written by now
    pipeline.write(List.of(push("b")));
    await().until(() -> isBusy());
    server.execute("SCRIPT", "KILL");
    assertThat(endless).failsWithin(Duration.ofSeconds(10));

    for (int i = 0; i < 2; i++) {
      assertThat(((MessagingException) pipeline.read().get(0)).code())
          .isEqualTo(ErrorCode.SERVER_BUSY);
    }
    assertThat(log()).isEmpty();
    pipeline.write(List.of(push("c")));
    assertThat(pipeline.read()).isEqualTo(List.of(1L));
  }

  private boolean isBusy() {
    try {
      redis.commands().executeAll(List.of(Command.of("PING"))).forEach(Replies::orThrow);
      return false;
    } catch (MessagingException e) {
      return e.code() == ErrorCode.SERVER_BUSY;
    }
  }

  @Test
  void callsOfScriptsRunInTheirPlace() {
    server.execute("SCRIPT", "FLUSH");
    server.execute("CONFIG", "RESETSTAT");
    pipeline.write(List.of(push("a"), ECHO.call(key).arg("b"), ECHO.call(key).arg("c")));
    pipeline.write(List.of(ECHO.call(key).arg("d"), push("e")));

    assertThat(pipeline.read().get(2)).satisfies(reply -> assertThat(text(reply)).isEqualTo("c"));
    pipeline.write(List.of(ECHO.call(key).arg("f")));
    assertThat(text(pipeline.read().get(0))).isEqualTo("d");
    assertThat(text(pipeline.read().get(0))).isEqualTo("f");
    assertThat(log()).containsExactly("a", "b", "c", "d", "e", "f");
    assertThat(String.valueOf(server.execute("INFO", "commandstats")))
        .contains("cmdstat_eval:calls=2,")
        .contains("cmdstat_evalsha:calls=2,");
  }

  @Test
  void aScriptThatTheServerHasForgottenRunsWhereNothingIsBehindIt() {
    redis.commands().execute(ECHO.call(key).arg("known"));
    server.execute("SCRIPT", "FLUSH");
    pipeline.write(List.of(ECHO.call(key).arg("a"), push("b")));
    pipeline.write(List.of(ECHO.call(key).arg("c"), push("d")));

    List<Object> first = pipeline.read();
    assertThat(((MessagingException) first.get(0)).code()).isEqualTo(ErrorCode.SERVER_BUSY);
    assertThat(first.get(1)).isEqualTo(2L);
    assertThat(text(pipeline.read().get(0))).isEqualTo("c");
    assertThat(log()).containsExactly("known", "b", "d", "c");
  }

  private static String text(Object reply) {
    return Replies.text(Replies.orThrow(reply));
  }

  @Test
  void afterAFailureElsewhereItChangesTheConnection() {
    pipeline.write(List.of(push("a")));
    proxy.executeButDropReply(line -> line.endsWith(" lost"));
    assertThatThrownBy(() -> redis.commands().execute(push("lost")))
        .isInstanceOf(OutcomeUnknownException.class);

    assertThat(pipeline.isReady()).isFalse();
    assertThat(pipeline.read()).isEqualTo(List.of(1L));
    assertThat(pipeline.isReady()).isTrue();
  }

  @Test
  void whatWasReadyIsWrittenWhateverFailsElsewhereMeanwhile() {
    pipeline.write(List.of(push("a")));
    assertThat(pipeline.isReady()).isTrue();
    proxy.executeButDropReply(line -> line.endsWith(" lost"));
    Command elsewhere = Command.of("RPUSH").key(RedisKey.of(key.text() + ":other")).arg("lost");
    assertThatThrownBy(() -> redis.commands().execute(elsewhere))
        .isInstanceOf(OutcomeUnknownException.class);

    pipeline.write(List.of(push("b")));
    assertThat(pipeline.read()).isEqualTo(List.of(1L));
    assertThat(pipeline.read()).isEqualTo(List.of(2L));
    assertThat(redis.stats().activeConnections()).isZero();
  }

  @Test
  void whatWasWrittenBeforeACloseIsStillRead() {
    pipeline.write(List.of(push("a")));
    redis.close();

    assertThat(pipeline.isReady()).isFalse();
    assertThat(pipeline.read()).isEqualTo(List.of(1L));
    pipeline.write(List.of(push("b")));
    assertThat(pipeline.read().get(0)).isInstanceOf(ClosedException.class);
  }
}
