package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Script;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The errors of a real server, plain and from inside scripts. */
@RedisTest
class ServerErrorsIT {
  private static final Script PUSH = Script.resource(ServerErrorsIT.class, "echo.lua");

  private static ServerErrorException refused(RedisConnection redis, Command command) {
    return catchThrowableOfType(
        ServerErrorException.class, () -> redis.commands().execute(command));
  }

  private static void assertRefused(
      RedisConnection redis, ErrorCode code, boolean retryable, Command... commands) {
    for (Command command : commands) {
      ServerErrorException error = refused(redis, command);
      assertThat(error).as("%s", command).isNotNull();
      assertThat(error.code()).as("%s: %s", command, error.getMessage()).isEqualTo(code);
      assertThat(error.retryable()).isEqualTo(retryable);
      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
    }
  }

  @Test
  void wrongType(RedisServer server, @UniqueTenant String unique) {
    RedisKey key = RedisKey.of(unique);
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      redis.commands().execute(Command.of("SET").key(key).arg("text"));

      assertRefused(
          redis, ErrorCode.WRONG_TYPE, false, Command.of("XLEN").key(key), PUSH.call(key).arg("x"));
    }
  }

  @Test
  void noGroup(RedisServer server, @UniqueTenant String unique) {
    RedisKey key = RedisKey.of(unique);
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      assertRefused(
          redis,
          ErrorCode.GROUP_MISSING,
          false,
          Command.of("XREADGROUP").arg("GROUP").arg("g").arg("c").arg("STREAMS").key(key).arg(">"));
    }
  }

  @Test
  void unknownCommand(RedisServer server) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      assertRefused(redis, ErrorCode.SERVER_ERROR, false, Command.of("NOSUCHCOMMAND"));
    }
  }

  @Test
  void outOfMemory() {
    try (RedisServer server =
            RedisServer.builder()
                .setting("maxmemory", "100kb") // less than an empty server takes
                .setting("maxmemory-policy", "noeviction")
                .start();
        RedisConnection redis = RedisConnection.connect(server.url())) {
      RedisKey key = RedisKey.of("k");

      assertRefused(
          redis,
          ErrorCode.OUT_OF_MEMORY,
          true,
          Command.of("SET").key(key).arg("x"),
          PUSH.call(key).arg("x"));
      assertThat(redis.commands().execute(Command.of("GET").key(key))).isNull();
    }
  }

  @Test
  void readOnlyReplica() {
    try (RedisServer primary = RedisServer.start();
        RedisServer replica = primary.startReplica();
        RedisConnection redis = RedisConnection.connect(replica.url())) {
      RedisKey key = RedisKey.of("k");

      assertRefused(
          redis,
          ErrorCode.READ_ONLY,
          true,
          Command.of("SET").key(key).arg("x"),
          PUSH.call(key).arg("x"));
    }
  }

  @Test
  void aReplicaWhoseReadersWaitAndThatChangesSidesTellsThem() throws Exception {
    try (RedisServer primary = RedisServer.start();
        RedisServer replica = primary.startReplica()) {
      replica.promote();
      try (RedisConnection redis = RedisConnection.connect(replica.url());
          var link = redis.openDedicated(null, Duration.ofSeconds(20))) {
        CompletableFuture<MessagingException> error =
            CompletableFuture.supplyAsync(
                () ->
                    catchThrowableOfType(
                        MessagingException.class,
                        () -> link.execute(Command.of("BLPOP").arg("list").arg(15))));
        org.awaitility.Awaitility.await()
            .until(() -> String.valueOf(replica.execute("CLIENT", "LIST")).contains("cmd=blpop"));

        replica.resumeReplication();

        assertThat(error.get(10, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.READ_ONLY);
        assertThat(link.isBroken()).isTrue();
      }
    }
  }

  @Test
  void aServerBusyWithAScriptIsTriedAgain() {
    try (RedisServer server = RedisServer.builder().setting("lua-time-limit", "10").start();
        RedisConnection redis =
            RedisConnection.builder().url(server.url()).retry(8, Duration.ofMillis(20)).build();
        RedisConnection impatient =
            RedisConnection.builder().url(server.url()).retry(1, Duration.ofMillis(1)).build()) {
      CompletableFuture<Object> endless =
          CompletableFuture.supplyAsync(() -> server.execute("EVAL", "while true do end", "0"));
      org.awaitility.Awaitility.await().until(() -> refused(impatient, Command.of("PING")) != null);

      ServerErrorException busy = refused(impatient, Command.of("GET").key(RedisKey.of("k")));
      assertThat(busy.code()).isEqualTo(ErrorCode.SERVER_BUSY);
      CompletableFuture<Object> patient =
          CompletableFuture.supplyAsync(
              () -> redis.commands().execute(Command.of("INCR").key(RedisKey.of("counter"))));
      org.awaitility.Awaitility.await()
          .until(
              () ->
                  (long) redis.metrics().gauge(redis.metricsPrefix() + ".repeats").getValue() > 0);
      server.execute("SCRIPT", "KILL");

      assertThat(patient.join()).isEqualTo(1L);
      assertThat(endless).failsWithin(Duration.ofSeconds(10));
    }
  }
}
