package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.redis.command.Command;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RedisTest(dedicated = true)
class PipelineIT {
  private static final Script ECHO = Script.resource(PipelineIT.class, "echo.lua");
  private static final Script OTHER = Script.resource(PipelineIT.class, "other.lua");

  private RedisServer server;
  private FaultProxy proxy;
  private RedisKey key;
  private RedisConnection redis;

  @BeforeEach
  void connect(RedisServer server, FaultProxy proxy, @UniqueTenant String unique) {
    this.server = server;
    this.proxy = proxy;
    this.key = RedisKey.of(unique);
    server.execute("SCRIPT", "FLUSH");
    redis = RedisConnection.connect(proxy.url());
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private List<Object> run(Command... commands) {
    return redis.commands().executeAll(List.of(commands));
  }

  private List<String> log() {
    return Replies.list(
            redis.commands().execute(Command.of("LRANGE").key(key).arg(0).arg(-1).repeatable()))
        .stream()
        .map(Replies::text)
        .toList();
  }

  private Command push(String text) {
    return Command.of("RPUSH").key(key).arg(text);
  }

  @Test
  void keepsOrderOverManyCommands() {
    List<Command> commands = new ArrayList<>();
    IntStream.range(0, 10_000).forEach(i -> commands.add(push("" + i)));

    List<Object> replies = redis.commands().executeAll(commands);

    assertThat(replies)
        .isEqualTo(IntStream.rangeClosed(1, 10_000).mapToObj(i -> (long) i).toList());
    assertThat(log()).isEqualTo(IntStream.range(0, 10_000).mapToObj(i -> "" + i).toList());
  }

  @Test
  void anEmptyPipelineAsksNobody() {
    proxy.refuse();
    assertThat(redis.commands().executeAll(List.of())).isEmpty();
  }

  @Test
  void errorsStandInTheirPlaces() {
    List<Object> replies =
        run(push("a"), Command.of("XLEN").key(key), push("b"), Command.of("NOSUCH"), push("c"));

    assertThat(replies).hasSize(5);
    assertThat(List.of(replies.get(0), replies.get(2), replies.get(4)))
        .isEqualTo(List.of(1L, 2L, 3L));
    assertThat(((MessagingException) replies.get(1)).code()).isEqualTo(ErrorCode.WRONG_TYPE);
    assertThat(((MessagingException) replies.get(3)).code()).isEqualTo(ErrorCode.SERVER_ERROR);
    assertThat(redis.stats().connectionFailures()).isZero();
  }

  @Test
  void keepsTheRepliesReadBeforeTheConnectionBroke() {
    proxy.executeButDropReply(line -> line.endsWith(" third"));

    List<Object> replies = run(push("first"), push("second"), push("third"), push("fourth"));

    assertThat(replies.subList(0, 2)).isEqualTo(List.of(1L, 2L));
    assertThat(replies.subList(2, 4))
        .allSatisfy(
            reply ->
                assertThat(reply)
                    .isInstanceOf(OutcomeUnknownException.class)
                    .asString()
                    .contains("failed before the reply to RPUSH"));
    assertThat(log()).containsExactly("first", "second", "third");
    assertThat(redis.stats().connectionFailures()).isEqualTo(1);
  }

  @Test
  void isNotSentAgainWhenItMayHaveBeenExecuted() {
    proxy.executeButDropReply(line -> line.endsWith(" only"));

    assertThat(run(push("only")).get(0)).isInstanceOf(OutcomeUnknownException.class);

    assertThat(log()).containsExactly("only");
  }

  @Test
  void isSentAgainWhenAllOfItIsRepeatable() {
    run(push("a"));
    proxy.executeButDropReply(line -> line.startsWith("LLEN"));

    List<Object> replies =
        run(Command.of("LLEN").key(key).repeatable(), Command.of("EXISTS").key(key).repeatable());

    assertThat(proxy.droppedReplies()).isEqualTo(1);
    assertThat(replies).isEqualTo(List.of(1L, 1L));
  }

  @Test
  void callsScriptsThatTheServerDoesNotKnow() {
    assertThat(Replies.text(redis.commands().execute(ECHO.call(key).arg("one")))).isEqualTo("one");
    assertThat(Replies.text(redis.commands().execute(ECHO.call(key).arg("two")))).isEqualTo("two");
    server.execute("SCRIPT", "FLUSH");
    assertThat(Replies.text(redis.commands().execute(ECHO.call(key).arg("three"))))
        .isEqualTo("three");

    assertThat(log()).containsExactly("one", "two", "three");
  }

  @Test
  void unknownScriptsRunInTheirPlaceAmongOtherCommands() {
    List<Object> replies =
        run(
            push("a"),
            ECHO.call(key).arg("b"),
            OTHER.call(key).arg("c"),
            push("d"),
            ECHO.call(key).arg("e"),
            OTHER.call(key).arg("f"));

    assertThat(replies.get(0)).isEqualTo(1L);
    assertThat(Replies.text(replies.get(1))).isEqualTo("b");
    assertThat(Replies.text(replies.get(2))).isEqualTo("other c");
    assertThat(replies.get(3)).isEqualTo(4L);
    assertThat(log()).containsExactly("a", "b", "other c", "d", "e", "other f");
  }

  @Test
  void sendsTheSourceOnceAndThenTheDigest() {
    server.execute("CONFIG", "RESETSTAT");
    run(ECHO.call(key).arg("a"), ECHO.call(key).arg("b"));
    run(ECHO.call(key).arg("c"));

    String stats = String.valueOf(server.execute("INFO", "commandstats"));
    assertThat(stats).contains("cmdstat_eval:calls=1,").contains("cmdstat_evalsha:calls=2,");
  }

  @Test
  void afterAFlushKnownScriptsRunAgainInTheirOrder() {
    run(ECHO.call(key).arg("0"), OTHER.call(key).arg("0"));
    server.execute("SCRIPT", "FLUSH");

    List<Object> replies =
        run(
            ECHO.call(key).arg("a"),
            push("plain"),
            OTHER.call(key).arg("b"),
            ECHO.call(key).arg("c"));

    assertThat(Replies.text(replies.get(0))).isEqualTo("a");
    assertThat(replies.get(1)).isEqualTo(3L);
    assertThat(Replies.text(replies.get(2))).isEqualTo("other b");
    assertThat(Replies.text(replies.get(3))).isEqualTo("c");
    assertThat(log()).containsExactly("0", "other 0", "plain", "a", "other b", "c");
  }

  @Test
  void aFlushInTheMiddleOfAPipelineRepeatsWhatWasNotRun() {
    List<Object> replies =
        run(
            ECHO.call(key).arg("a"),
            Command.of("SCRIPT").arg("FLUSH"),
            ECHO.call(key).arg("b"),
            ECHO.call(key).arg("c"));

    assertThat(Replies.text(replies.get(2))).isEqualTo("b");
    assertThat(Replies.text(replies.get(3))).isEqualTo("c");
    assertThat(log()).containsExactly("a", "b", "c");
  }

  @Test
  void aConnectionThatBreaksWhileScriptsAreRepeatedIsNoticed() {
    run(ECHO.call(key).arg("0"));
    server.execute("SCRIPT", "FLUSH");
    proxy.executeButDropReply(line -> line.startsWith("EVAL ") && line.endsWith(" a"));

    List<Object> replies = run(ECHO.call(key).arg("a"), Command.of("PING"));

    assertThat(replies.get(0)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(Replies.text(replies.get(1))).isEqualTo("PONG");
    assertThat(log()).containsExactly("0", "a");
    assertThat(redis.stats().connectionFailures()).isEqualTo(1);
  }

  @Test
  void scriptsComeBackAfterARestart() {
    run(ECHO.call(key).arg("a"));
    server.restartEmpty();

    assertThat(run(ECHO.call(key).arg("lost")).get(0)).isInstanceOf(MessagingException.class);
    assertThat(Replies.text(run(ECHO.call(key).arg("b")).get(0))).isEqualTo("b");
  }

  @Test
  void joinedScriptsRun() {
    Script functions = Script.resource(dev.tandem.redis.command.TestScripts.class, "functions.lua");
    Script joined =
        Script.joined(functions, dev.tandem.redis.command.TestScripts.class, "increment.lua");

    assertThat(redis.commands().execute(joined.call(key).arg("x"))).isEqualTo(1L);
    assertThat(redis.commands().execute(joined.call(key).arg("y"))).isEqualTo(2L);
  }

  @Test
  void aWholePipelineThatTheServerWasTooBusyForIsSentAgain() {
    server.execute("CONFIG", "SET", "lua-time-limit", "10");
    try (RedisConnection patient =
        RedisConnection.builder().url(server.url()).retry(10, Duration.ofMillis(20)).build()) {
      var endless =
          java.util.concurrent.CompletableFuture.supplyAsync(
              () -> server.execute("EVAL", "while true do end", "0"));
      org.awaitility.Awaitility.await()
          .until(() -> run(Command.of("PING")).get(0) instanceof MessagingException);
      var replies =
          java.util.concurrent.CompletableFuture.supplyAsync(
              () -> patient.commands().executeAll(List.of(push("a"), push("b"))));
      org.awaitility.Awaitility.await()
          .until(
              () ->
                  (long) patient.metrics().gauge(patient.metricsPrefix() + ".repeats").getValue()
                      > 0);
      server.execute("SCRIPT", "KILL");

      assertThat(replies.join()).isEqualTo(List.of(1L, 2L));
      assertThat(endless).failsWithin(Duration.ofSeconds(10));
    }
  }
}
