package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;

@RedisTest(dedicated = true)
@Timeout(60)
class GivenClientIT {
  private static final int TIMEOUT_MILLIS = 3_210;

  private static RedisClient client(int port, RedisProtocol protocol, int connections) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(connections);
    pool.setMaxWait(Duration.ofMillis(300));
    return RedisClient.builder()
        .hostAndPort(new HostAndPort("127.0.0.1", port))
        .clientConfig(
            DefaultJedisClientConfig.builder()
                .protocol(protocol)
                .socketTimeoutMillis(TIMEOUT_MILLIS)
                .build())
        .poolConfig(pool)
        .build();
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void usesTheClientInEitherProtocolAndNeverClosesIt(
      RedisProtocol protocol, RedisServer server, @UniqueTenant String unique) {
    try (RedisClient client = client(server.port(), protocol, 8)) {
      RedisConnection redis = RedisConnection.using(client);
      CommandExecutor commands = redis.commands();
      RedisKey key = RedisKey.of(unique);
      assertThat(redis.endpoint()).isEqualTo("the given RedisClient");
      assertThat(redis.capabilities().version()).isEqualTo(server.version());
      assertThat(redis.serverTime()).isNotNull();

      commands.execute(Command.of("HSET").key(key).arg("a").arg("1").arg("b").arg("2"));
      Map<String, Object> hash = Replies.map(commands.execute(Command.of("HGETALL").key(key)));
      assertThat(hash).containsOnlyKeys("a", "b");
      assertThat(Replies.number(hash.get("b"))).isEqualTo(2);
      assertThat(Replies.map(commands.execute(Command.of("HGETALL").key(RedisKey.of("none")))))
          .isEmpty();

      redis.close();
      redis.close();
      assertThat(client.ping()).isEqualTo("PONG");
      assertThat(client.getPool().getNumActive()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void readsStreamsAndScoresInEitherProtocol(
      RedisProtocol protocol, RedisServer server, @UniqueTenant String unique) {
    RedisKey stream = RedisKey.of(unique + ":stream");
    RedisKey scores = RedisKey.of(unique + ":scores");
    try (RedisClient client = client(server.port(), protocol, 8);
        RedisConnection redis = RedisConnection.using(client)) {
      CommandExecutor commands = redis.commands();
      commands.execute(
          Command.of("XGROUP").arg("CREATE").key(stream).arg("g").arg("$").arg("MKSTREAM"));
      commands.execute(Command.of("XADD").key(stream).arg("1-1").arg("f").arg("v"));

      List<Replies.Pair> read =
          Replies.pairs(
              commands.execute(
                  Command.of("XREADGROUP")
                      .arg("GROUP")
                      .arg("g")
                      .arg("c")
                      .arg("STREAMS")
                      .key(stream)
                      .arg(">")));
      assertThat(read).hasSize(1);
      assertThat(Replies.text(read.get(0).key())).isEqualTo(stream.text());
      List<Object> entry = Replies.list(Replies.list(read.get(0).value()).get(0));
      assertThat(Replies.text(entry.get(0))).isEqualTo("1-1");
      assertThat(Replies.map(entry.get(1))).containsOnlyKeys("f");

      Map<String, Object> info =
          Replies.map(commands.execute(Command.of("XINFO").arg("STREAM").key(stream)));
      assertThat(Replies.number(info.get("length"))).isEqualTo(1);
      List<Object> groups =
          Replies.list(commands.execute(Command.of("XINFO").arg("GROUPS").key(stream)));
      assertThat(Replies.text(Replies.map(groups.get(0)).get("name"))).isEqualTo("g");

      commands.execute(Command.of("ZADD").key(scores).arg(5).arg("a").arg("7").arg("b"));
      assertThat(Replies.number(commands.execute(Command.of("ZSCORE").key(scores).arg("a"))))
          .isEqualTo(5);
      List<Replies.Pair> range =
          Replies.pairs(
              commands.execute(Command.of("ZRANGE").key(scores).arg(0).arg(-1).arg("WITHSCORES")));
      assertThat(range).hasSize(2);
      assertThat(Replies.text(range.get(1).key())).isEqualTo("b");
      assertThat(Replies.text(range.get(1).value())).isEqualTo("7");
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void subscribesInEitherProtocol(
      RedisProtocol protocol, RedisServer server, @UniqueTenant String unique) throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    SubscriberEvents events =
        new SubscriberEvents() {
          @Override
          public void onMessage(byte[] channel, byte[] payload) {
            lines.add(text(payload));
          }

          @Override
          public void onPatternMessage(byte[] pattern, byte[] channel, byte[] payload) {
            lines.add(text(pattern) + ">" + text(payload));
          }

          @Override
          public void onSubscribed(byte[] channel) {
            lines.add("+" + text(channel));
          }

          @Override
          public void onUnsubscribed(byte[] channel) {
            lines.add("-" + text(channel));
          }

          private String text(byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8).replace(unique, "");
          }
        };
    try (RedisClient client = client(server.port(), protocol, 2);
        RedisConnection redis = RedisConnection.using(client)) {
      SubscriberLink link = redis.openSubscriber();
      CompletableFuture<Throwable> run =
          CompletableFuture.supplyAsync(
              () -> catchThrowable(() -> link.run(events, List.of(RedisKey.of(unique + "a")))));
      await().untilAsserted(() -> assertThat(lines).containsExactly("+a"));
      link.subscribePatterns(List.of(RedisKey.of(unique + "p*")));
      await().untilAsserted(() -> assertThat(lines).containsExactly("+a", "+p*"));
      server.execute("PUBLISH", unique + "a", "1");
      server.execute("PUBLISH", unique + "px", "2");
      await().untilAsserted(() -> assertThat(lines).containsExactly("+a", "+p*", "1", "p*>2"));
      assertThat(client.getPool().getNumActive()).isEqualTo(1);
      link.unsubscribePatterns(List.of(RedisKey.of(unique + "p*")));
      link.unsubscribe(List.of(RedisKey.of(unique + "a")));

      assertThat(run.get(60, TimeUnit.SECONDS)).isNull();
      link.close();
      assertThat(client.getPool().getNumActive()).isZero();
      assertThat(client.ping()).isEqualTo("PONG");
    }
  }

  @Test
  void givesAConnectionBackWithItsOwnTimeout(RedisServer server) {
    try (RedisClient client = client(server.port(), RedisProtocol.RESP2, 1);
        RedisConnection redis = RedisConnection.using(client)) {
      DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(50));
      link.execute(Command.of("PING"));
      assertThat(client.getPool().getNumActive()).isEqualTo(1);
      assertThatThrownBy(redis::serverTime)
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no free connection to Redis at the given RedisClient");
      assertThatThrownBy(() -> redis.openDedicated(null, Duration.ofSeconds(1)))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no free connection");

      link.close();

      try (Connection connection = client.getPool().getResource()) {
        assertThat(connection.getSoTimeout()).isEqualTo(TIMEOUT_MILLIS);
        assertThat(connection.ping()).isTrue();
      }
      assertThat(client.getPool().getCreatedCount()).as("the same connection").isEqualTo(1);
    }
  }

  @Test
  void aConnectionThatStillWaitsForAReplyDoesNotGoBack(RedisServer server) throws Exception {
    for (boolean interruptFirst : List.of(true, false)) {
      try (RedisClient client = client(server.port(), RedisProtocol.RESP2, 2);
          RedisConnection redis = RedisConnection.using(client)) {
        DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(50));
        CompletableFuture<Throwable> read =
            CompletableFuture.supplyAsync(
                () -> catchThrowable(() -> link.execute(Command.of("BLPOP").arg("none").arg(40))));
        await().until(() -> String.valueOf(server.execute("CLIENT", "LIST")).contains("cmd=blpop"));
        if (interruptFirst) {
          link.interrupt();
          assertThat(read.get(60, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
        }

        link.close();

        assertThat(read.get(60, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
        await().until(() -> client.getPool().getNumActive() == 0);
        server.execute("RPUSH", "none", "stray");
        for (int i = 0; i < 4; i++) {
          assertThat(client.ping()).isEqualTo("PONG");
        }
        assertThat(server.execute("LPOP", "none")).isEqualTo("stray");
      }
    }
  }

  @Test
  void anInterruptedLinkOfAUsersPoolRefusesToo(FaultProxy proxy) {
    try (RedisClient client = client(proxy.port(), RedisProtocol.RESP3, 2);
        RedisConnection redis = RedisConnection.using(client)) {
      DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(5));
      link.interrupt();

      assertThatThrownBy(() -> link.execute(Command.of("PING")))
          .isInstanceOf(UnavailableException.class);
      link.close();
      assertThat(client.ping()).isEqualTo("PONG");
    }
  }

  @Test
  void leavesTheUsersIdleConnectionsAlone(RedisServer server, FaultProxy proxy) {
    try (RedisClient client = client(proxy.port(), RedisProtocol.RESP2, 4);
        RedisConnection redis = RedisConnection.using(client)) {
      Connection one = client.getPool().getResource();
      Connection two = client.getPool().getResource();
      Connection three = client.getPool().getResource();
      List.of(one, two, three).forEach(Connection::close);
      int idle = client.getPool().getNumIdle();
      proxy.executeButDropReply(line -> line.startsWith("INCR"));

      assertThatThrownBy(() -> redis.commands().execute(Command.of("INCR").arg("n")))
          .isInstanceOf(OutcomeUnknownException.class);

      assertThat(client.getPool().getNumIdle()).isGreaterThanOrEqualTo(idle - 1);
      assertThat(client.getPool().isClosed()).isFalse();
    }
  }

  /** Jedis may connect anew in the middle of a pipeline: replies must not be taken for others. */
  @Test
  void interruptsAtAnyMomentOfAPipeline(RedisServer server) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      commands.add(Command.of("ECHO").arg("" + i));
    }
    try (RedisClient client = client(server.port(), RedisProtocol.RESP2, 4);
        RedisConnection redis = RedisConnection.using(client)) {
      for (int round = 0; round < 150; round++) {
        DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(10));
        CompletableFuture<Void> interrupter = interruptAfter(random.nextInt(3_000_000), link);
        try {
          List<Object> replies = link.executeAll(commands);
          for (int i = 0; i < replies.size(); i++) {
            if (!(replies.get(i) instanceof MessagingException)) {
              assertThat(Replies.text(replies.get(i))).as("seed %d", seed).isEqualTo("" + i);
            }
          }
        } catch (UnavailableException beforeItBegan) {
          assertThat(link.isBroken()).isTrue();
        }
        interrupter.get(10, TimeUnit.SECONDS);
        link.close();
        assertThat(client.ping()).as("seed %d", seed).isEqualTo("PONG");
      }
      assertThat(client.getPool().getNumActive()).isZero();
    }
  }

  private static CompletableFuture<Void> interruptAfter(long nanos, DedicatedLink link) {
    return CompletableFuture.runAsync(
        () -> {
          long until = System.nanoTime() + nanos;
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
          link.interrupt();
        });
  }

  /** Counts, and checks that each reply is that to what was sent last. */
  private static class Counting implements DedicatedLink.Succession {
    private final long seed;
    private long taken;

    Counting(long seed) {
      this.seed = seed;
    }

    static Command first() {
      return Command.of("ECHO").arg(0);
    }

    @Override
    public @Nullable Command next(@Nullable Object reply) {
      return Command.of("ECHO").arg(taken + 1);
    }

    @Override
    public void take(@Nullable Object reply) {
      assertThat(Replies.number(reply)).as("seed %d", seed).isEqualTo(taken++);
    }
  }

  @Test
  void interruptsAtAnyMomentOfASuccession(RedisServer server) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    long taken = 0;
    try (RedisClient client = client(server.port(), RedisProtocol.RESP2, 4);
        RedisConnection redis = RedisConnection.using(client)) {
      for (int round = 0; round < 150; round++) {
        DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(10));
        Counting counting = new Counting(seed);
        CompletableFuture<Void> interrupter = interruptAfter(random.nextInt(3_000_000), link);
        assertThatThrownBy(() -> link.executeAhead(Counting.first(), counting))
            .as("seed %d", seed)
            .isInstanceOfAny(OutcomeUnknownException.class, UnavailableException.class);
        taken += counting.taken;
        interrupter.get(10, TimeUnit.SECONDS);
        link.close();
        assertThat(client.ping()).as("seed %d", seed).isEqualTo("PONG");
      }
      assertThat(taken).as("seed %d", seed).isPositive();
      assertThat(client.getPool().getNumActive()).isZero();
    }
  }

  @Test
  void aConnectionOfASuccessionThatFailedDoesNotGoBackBeforeItsReplyIsRead(RedisServer server) {
    try (RedisClient client = client(server.port(), RedisProtocol.RESP2, 2);
        RedisConnection redis = RedisConnection.using(client)) {
      DedicatedLink link = redis.openDedicated(null, Duration.ofSeconds(10));
      Counting counting =
          new Counting(0) {
            @Override
            public void take(@Nullable Object reply) {
              super.take(reply);
              throw new IllegalStateException("not to my taste");
            }
          };

      assertThatThrownBy(() -> link.executeAhead(Counting.first(), counting))
          .hasMessage("not to my taste");
      link.close();

      for (int i = 0; i < 4; i++) {
        assertThat(client.ping()).isEqualTo("PONG");
      }
      assertThat(client.getPool().getNumActive()).isZero();
    }
  }
}
