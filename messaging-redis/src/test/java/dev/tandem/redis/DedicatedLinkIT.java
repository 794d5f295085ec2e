package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest(dedicated = true)
@Timeout(60)
class DedicatedLinkIT {
  private static final Duration LONG = Duration.ofSeconds(40);

  private RedisServer server;
  private FaultProxy proxy;
  private RedisKey key;
  private RedisConnection redis;

  @BeforeEach
  void connect(RedisServer server, FaultProxy proxy, @UniqueTenant String unique) {
    this.server = server;
    this.proxy = proxy;
    this.key = RedisKey.of(unique);
    redis = RedisConnection.connect(proxy.url());
  }

  @AfterEach
  void close() {
    redis.close();
  }

  private Command blockedRead() {
    return Command.of("XREAD").arg("BLOCK").arg(30_000).arg("STREAMS").key(key).arg("$");
  }

  private CompletableFuture<Throwable> read(DedicatedLink link) {
    return CompletableFuture.supplyAsync(() -> catchThrowable(() -> link.execute(blockedRead())));
  }

  private void awaitBlocked(String command) {
    await()
        .until(() -> String.valueOf(server.execute("CLIENT", "LIST")).contains("cmd=" + command));
  }

  @Test
  void readsLongerThanThePooledReplyTimeout() throws Exception {
    try (RedisConnection quick =
            RedisConnection.builder()
                .url(server.url())
                .replyTimeout(Duration.ofMillis(200))
                .lazy()
                .build();
        DedicatedLink link = quick.openDedicated(key, LONG)) {
      CompletableFuture<Object> reply =
          CompletableFuture.supplyAsync(() -> link.execute(blockedRead()));
      awaitBlocked("xread");
      await().during(Duration.ofMillis(400)).until(() -> !reply.isDone());
      server.execute("XADD", key.text(), "*", "f", "v");

      assertThat(Replies.pairs(reply.get(10, TimeUnit.SECONDS))).hasSize(1);
      assertThat(quick.stats().activeConnections()).as("not one of the pool").isZero();
    }
  }

  @Test
  void interruptFromAnotherThreadEndsABlockedReadAtOnce() throws Exception {
    DedicatedLink link = redis.openDedicated(key, LONG);
    CompletableFuture<Throwable> read = read(link);
    awaitBlocked("xread");
    assertThat(link.isBroken()).isFalse();
    long start = System.nanoTime();

    link.interrupt();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(read.get(10, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(link.isBroken()).isTrue();
    link.close();
  }

  @Test
  void closeFromAnotherThreadEndsABlockedReadAtOnce() throws Exception {
    DedicatedLink link = redis.openDedicated(key, LONG);
    CompletableFuture<Throwable> read = read(link);
    awaitBlocked("xread");

    link.close();
    link.close();

    assertThat(read.get(10, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
    await().until(() -> !String.valueOf(server.execute("CLIENT", "LIST")).contains("cmd=xread"));
  }

  @Test
  void aBrokenLinkRefusesAndDoesNotReconnect() {
    for (boolean interrupted : List.of(true, false)) {
      DedicatedLink link = redis.openDedicated(key, LONG);
      link.execute(Command.of("PING"));
      int connections = proxy.connections();
      if (interrupted) {
        link.interrupt();
      } else {
        proxy.executeButDropReply(line -> line.startsWith("INCR"));
        assertThatThrownBy(() -> link.execute(Command.of("INCR").key(key)))
            .isInstanceOf(OutcomeUnknownException.class);
      }

      assertThat(link.isBroken()).isTrue();
      assertThatThrownBy(() -> link.execute(Command.of("INCR").key(key)))
          .isInstanceOf(UnavailableException.class)
          .hasMessage("this connection to Redis at " + proxy.url() + " was cut");
      assertThatThrownBy(() -> link.executeAll(List.of(Command.of("INCR").key(key))))
          .isInstanceOf(UnavailableException.class);
      await().until(() -> proxy.connections() < connections);
      link.close();
    }
    assertThat(server.execute("GET", key.text())).isEqualTo("1");
  }

  @Test
  void neverRepeatsEvenWhatMayBeRepeated() {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      proxy.executeButDropReply(line -> line.startsWith("INCR"));
      assertThatThrownBy(() -> link.execute(Command.of("INCR").key(key).repeatable()))
          .isInstanceOf(OutcomeUnknownException.class);
    }
    assertThat(server.execute("GET", key.text())).isEqualTo("1");
  }

  @Test
  void theReplyTimeoutHoldsAgainstABlackHole() {
    try (RedisConnection patient =
            RedisConnection.builder()
                .url(proxy.url())
                .connectTimeout(LONG)
                .replyTimeout(LONG)
                .lazy()
                .build();
        DedicatedLink link = patient.openDedicated(key, Duration.ofMillis(300))) {
      proxy.blackHole();
      long start = System.nanoTime();

      assertThatThrownBy(() -> link.execute(Command.of("PING")))
          .isInstanceOf(OutcomeUnknownException.class)
          .hasMessageContaining("Read timed out");

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(290), LONG.dividedBy(2));
      assertThat(link.isBroken()).isTrue();
    }
  }

  @Test
  void anErrorOfTheServerLeavesItWhole() {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      link.execute(Command.of("SET").key(key).arg("text"));
      assertThatThrownBy(() -> link.execute(Command.of("XLEN").key(key)))
          .isInstanceOf(ServerErrorException.class);

      assertThat(link.isBroken()).isFalse();
      List<Object> replies =
          link.executeAll(
              List.of(
                  Command.of("STRLEN").key(key),
                  Command.of("XLEN").key(key),
                  Command.of("DEL").key(key)));
      assertThat(replies.get(0)).isEqualTo(4L);
      assertThat(((MessagingException) replies.get(1)).code()).isEqualTo(ErrorCode.WRONG_TYPE);
      assertThat(replies.get(2)).isEqualTo(1L);
      assertThat(link.isBroken()).isFalse();
      assertThat(link.executeAll(List.of())).isEmpty();
    }
  }

  @Test
  void aKilledServerBreaksIt() throws Exception {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      CompletableFuture<Throwable> read = read(link);
      awaitBlocked("xread");

      server.kill();

      assertThat(read.get(60, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
      assertThat(link.isBroken()).isTrue();
    }
    assertThatThrownBy(() -> redis.openDedicated(key, LONG))
        .isInstanceOf(UnavailableException.class);
  }

  @Test
  void refusesASecondThread() throws Exception {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      CompletableFuture<Throwable> read = read(link);
      awaitBlocked("xread");

      assertThatThrownBy(() -> link.execute(Command.of("PING")))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("in use by another thread");

      server.execute("XADD", key.text(), "*", "f", "v");
      assertThat(read.get(10, TimeUnit.SECONDS)).isNull();
      assertThat(Replies.text(link.execute(Command.of("PING")))).isEqualTo("PONG");
    }
  }

  /** Whenever it is cut: no wrong reply, no second connection, no command after the cut. */
  @Test
  void interruptsAtAnyMomentOfAPipeline() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      commands.add(Command.of("ECHO").arg("" + i));
    }
    long connections = connectionsMade();
    int cut = 0;
    for (int round = 0; round < 150; round++) {
      DedicatedLink link = redis.openDedicated(key, Duration.ofSeconds(10));
      long delay = random.nextInt(4_000_000);
      CompletableFuture<Void> interrupter =
          CompletableFuture.runAsync(
              () -> {
                long until = System.nanoTime() + delay;
                while (System.nanoTime() < until) {
                  Thread.onSpinWait();
                }
                link.interrupt();
              });
      try {
        List<Object> replies = link.executeAll(commands);
        boolean broken = false;
        for (int i = 0; i < replies.size(); i++) {
          Object reply = replies.get(i);
          if (reply instanceof MessagingException error) {
            assertThat(error.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
            broken = true;
          } else {
            assertThat(broken).as("nothing after the break, seed %d", seed).isFalse();
            assertThat(Replies.text(reply)).as("seed %d", seed).isEqualTo("" + i);
          }
        }
        cut += broken ? 1 : 0;
      } catch (UnavailableException beforeItBegan) {
        cut++;
      }
      interrupter.get(10, TimeUnit.SECONDS);
      assertThatThrownBy(() -> link.execute(Command.of("PING")))
          .isInstanceOf(UnavailableException.class);
      link.close();
    }
    assertThat(cut).as("interrupts that came in time, seed %d", seed).isGreaterThan(5);
    await().until(() -> proxy.connections() <= 1);
    assertThat(connectionsMade() - connections)
        .as("one for each link and one for the question, seed %d", seed)
        .isEqualTo(151);
  }

  private Command increment() {
    return Command.of("INCR").key(key);
  }

  /** Increments up to a number, and keeps what came. */
  private class Increments implements DedicatedLink.Succession {
    final int last;
    final List<Long> taken = new ArrayList<>();

    Increments(int last) {
      this.last = last;
    }

    @Override
    public @Nullable Command next(@Nullable Object reply) {
      return Replies.number(reply) < last ? increment() : null;
    }

    @Override
    public void take(@Nullable Object reply) {
      taken.add(Replies.number(reply));
    }
  }

  @Test
  void whatFollowsIsExecutedBeforeTheReplyIsTaken() {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      Increments increments =
          new Increments(5) {
            @Override
            public void take(@Nullable Object reply) {
              String ahead = "" + Math.min(last, Replies.number(reply) + 1);
              await().until(() -> ahead.equals(server.execute("GET", key.text())));
              super.take(reply);
            }
          };

      link.executeAhead(increment(), increments);

      assertThat(increments.taken).isEqualTo(LongStream.rangeClosed(1, 5).boxed().toList());
      assertThat(link.execute(increment())).isEqualTo(6L);
    }
  }

  @Test
  void anErrorEndsASuccessionWhenAllBeforeIsTaken() {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      Increments increments =
          new Increments(3) {
            @Override
            public @Nullable Command next(@Nullable Object reply) {
              Command more = super.next(reply);
              return more == null ? Command.of("XLEN").key(key) : more;
            }
          };

      assertThatThrownBy(() -> link.executeAhead(increment(), increments))
          .isInstanceOf(ServerErrorException.class)
          .hasFieldOrPropertyWithValue("code", ErrorCode.WRONG_TYPE);

      assertThat(increments.taken).containsExactly(1L, 2L, 3L);
      assertThat(link.isBroken()).isFalse();
      assertThat(link.execute(increment())).isEqualTo(4L);
    }
  }

  @Test
  void aReplyThatIsLostEndsASuccessionWhenAllBeforeIsTaken() {
    try (DedicatedLink link = redis.openDedicated(key, LONG)) {
      Increments increments =
          new Increments(3) {
            @Override
            public @Nullable Command next(@Nullable Object reply) {
              if (Replies.number(reply) == 2) {
                proxy.executeButDropReply(line -> line.startsWith("INCR"));
              }
              return super.next(reply);
            }
          };

      assertThatThrownBy(() -> link.executeAhead(increment(), increments))
          .isInstanceOf(OutcomeUnknownException.class);

      assertThat(increments.taken).containsExactly(1L, 2L);
      assertThat(link.isBroken()).isTrue();
      assertThat(server.execute("GET", key.text())).isEqualTo("3");
    }
  }

  @Test
  void whatASuccessionThrowsBreaksTheLinkOnlyIfACommandIsUnderWay() {
    for (int last : List.of(1, 2)) {
      try (DedicatedLink link = redis.openDedicated(key, LONG)) {
        Increments increments =
            new Increments(last) {
              @Override
              public void take(@Nullable Object reply) {
                throw new IllegalStateException("not to my taste");
              }
            };
        server.execute("DEL", key.text());

        assertThatThrownBy(() -> link.executeAhead(increment(), increments))
            .hasMessage("not to my taste");

        assertThat(link.isBroken()).isEqualTo(last == 2);
        if (last == 1) {
          assertThat(link.execute(increment())).isEqualTo(2L);
        } else {
          assertThatThrownBy(() -> link.execute(increment()))
              .isInstanceOf(UnavailableException.class);
        }
      }
    }
  }

  @Test
  void aSuccessionMayBeClosedFromWithinAndHasTheLinkForItself() {
    DedicatedLink link = redis.openDedicated(key, LONG);
    Increments increments =
        new Increments(Integer.MAX_VALUE) {
          @Override
          public void take(@Nullable Object reply) {
            super.take(reply);
            assertThatThrownBy(() -> link.execute(Command.of("PING")))
                .isInstanceOf(UnavailableException.class);
            if (Replies.number(reply) == 3) {
              link.close();
            }
          }
        };

    assertThatThrownBy(() -> link.executeAhead(increment(), increments))
        .isInstanceOf(OutcomeUnknownException.class);

    assertThat(increments.taken).containsExactly(1L, 2L, 3L);
    assertThat(link.isBroken()).isTrue();
    await().until(() -> proxy.connections() <= 1);
  }

  private long connectionsMade() {
    return String.valueOf(server.execute("INFO", "stats"))
        .lines()
        .filter(line -> line.startsWith("total_connections_received:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElseThrow();
  }
}
