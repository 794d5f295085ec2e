package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;

@RedisTest
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultProxyIT {

  private static Jedis jedis(FaultProxy proxy) {
    return jedis(proxy, RedisProtocol.RESP2);
  }

  private static Jedis resp3(FaultProxy proxy) {
    return jedis(proxy, RedisProtocol.RESP3);
  }

  private static Jedis jedis(FaultProxy proxy, RedisProtocol protocol) {
    return new Jedis(
        new HostAndPort(proxy.host(), proxy.port()),
        DefaultJedisClientConfig.builder()
            .protocol(protocol)
            .autoNegotiateProtocol(false)
            .socketTimeoutMillis(60_000)
            .build());
  }

  @Test
  void aLostReplyMeansExecutedAndTheEnd(
      RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    try (Jedis jedis = jedis(proxy)) {
      assertThat(jedis.ping()).isEqualTo("PONG");
      proxy.executeButDropReply(command -> command.equals("INCR " + tenant));
      assertThat(jedis.incr(tenant + "-other")).isEqualTo(1);
      assertThat(proxy.droppedReplies()).isZero();
      assertThatThrownBy(() -> jedis.incr(tenant))
          .isInstanceOf(JedisConnectionException.class)
          .hasMessageContaining("end of stream");
    }
    assertThat(redis.execute("GET", tenant)).isEqualTo("1");
    assertThat(proxy.droppedReplies()).isEqualTo(1);
    try (Jedis jedis = jedis(proxy)) {
      assertThat(jedis.incr(tenant)).isEqualTo(2);
    }
  }

  @Test
  void theSameInResp3(RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    try (Jedis jedis = resp3(proxy)) {
      jedis.hset(tenant + "-map", "a", "b");
      assertThat(jedis.hgetAll(tenant + "-map")).containsEntry("a", "b");
      proxy.executeButDropReply(command -> command.startsWith("INCR "));
      assertThatThrownBy(() -> jedis.incr(tenant)).isInstanceOf(JedisConnectionException.class);
    }
    assertThat(redis.execute("GET", tenant)).isEqualTo("1");
  }

  @Test
  void inAPipelineEarlierRepliesArriveAndLaterRequestsAreNotForwarded(
      RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(command -> command.startsWith("XADD"));
    try (Jedis jedis = jedis(proxy)) {
      Pipeline pipeline = jedis.pipelined();
      pipeline.incr(tenant + "-before");
      pipeline.sendCommand(Command.XADD, tenant, "*", "f", "v");
      pipeline.incr(tenant + "-behind");
      assertThatThrownBy(pipeline::sync).isInstanceOf(JedisConnectionException.class);
    }
    assertThat(redis.execute("GET", tenant + "-before")).isEqualTo("1");
    assertThat(redis.execute("XLEN", tenant)).isEqualTo(1L);
    assertThat(redis.execute("GET", tenant + "-behind")).isNull();
  }

  @Test
  void earlierRepliesOfAPipelineCanBeRead(FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(command -> command.startsWith("INCR"));
    try (Connection connection = new Connection(proxy.host(), proxy.port())) {
      connection.sendCommand(Command.SET, tenant, "7");
      connection.sendCommand(Command.INCR, tenant);
      assertThat(connection.getStatusCodeReply()).isEqualTo("OK");
      assertThatThrownBy(connection::getIntegerReply).isInstanceOf(JedisConnectionException.class);
    }
  }

  @Test
  void aBlockedReadsReplyIsAwaitedAndLost(
      RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(command -> command.startsWith("BLPOP"));
    CompletableFuture<Throwable> failure =
        CompletableFuture.supplyAsync(
            () -> {
              try (Jedis jedis = jedis(proxy)) {
                jedis.blpop(20, tenant);
                return new AssertionError("a reply arrived");
              } catch (JedisConnectionException e) {
                return e;
              }
            });
    await()
        .untilAsserted(
            () ->
                assertThat(String.valueOf(redis.execute("CLIENT", "LIST"))).contains("cmd=blpop"));
    assertThat(proxy.droppedReplies()).isZero();
    redis.execute("RPUSH", tenant, "work");
    assertThat(failure.join()).isInstanceOf(JedisConnectionException.class);
    assertThat(redis.execute("LLEN", tenant)).isEqualTo(0L);
    assertThat(proxy.droppedReplies()).isEqualTo(1);
  }

  @Test
  void dropsAsManyRepliesAsAsked(RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.dropRepliesAndReset(2);
    for (int i = 0; i < 2; i++) {
      try (Connection connection = new Connection(proxy.host(), proxy.port())) {
        connection.sendCommand(Command.INCR, tenant);
        assertThatThrownBy(connection::getIntegerReply)
            .isInstanceOf(JedisConnectionException.class);
      }
    }
    assertThat(redis.execute("GET", tenant)).isEqualTo("2");
    try (Jedis jedis = jedis(proxy)) {
      assertThat(jedis.incr(tenant)).isEqualTo(3);
    }
    assertThat(proxy.droppedReplies()).isEqualTo(2);
  }

  @Test
  void theConfirmationOfASubscribeCanBeLost(FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(command -> command.equals("SUBSCRIBE " + tenant));
    try (Jedis jedis = jedis(proxy)) {
      assertThatThrownBy(() -> jedis.subscribe(new JedisPubSub() {}, tenant))
          .isInstanceOf(JedisConnectionException.class);
    }
    proxy.executeButDropReply(command -> command.equals("SUBSCRIBE " + tenant));
    try (Jedis jedis = resp3(proxy)) {
      assertThatThrownBy(() -> jedis.subscribe(new JedisPubSub() {}, tenant))
          .isInstanceOf(JedisConnectionException.class);
    }
    assertThat(proxy.droppedReplies()).isEqualTo(2);
  }

  @Test
  void healForgetsRulesThatWait(FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(command -> true);
    proxy.dropRepliesAndReset(5);
    proxy.heal();
    try (Jedis jedis = jedis(proxy)) {
      assertThat(jedis.incr(tenant)).isEqualTo(1);
    }
  }

  @Test
  void aRuleThatThrowsMatchesNothing(FaultProxy proxy, @UniqueTenant String tenant) {
    proxy.executeButDropReply(
        command -> {
          throw new IllegalStateException("thrown on purpose");
        });
    try (Jedis jedis = jedis(proxy)) {
      assertThat(jedis.incr(tenant)).isEqualTo(1);
    }
  }

  @Test
  void halfOpenExecutesWithoutAnAnswer(
      RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    try (Jedis jedis = jedis(proxy)) {
      jedis.ping();
      jedis.getConnection().setSoTimeout(300);
      proxy.halfOpen();
      assertThatThrownBy(() -> jedis.incr(tenant)).isInstanceOf(JedisConnectionException.class);
    }
    await().untilAsserted(() -> assertThat(redis.execute("GET", tenant)).isEqualTo("1"));
  }

  @Test
  void aBlackHoleExecutesNothing(RedisServer redis, FaultProxy proxy, @UniqueTenant String tenant) {
    try (Jedis jedis = jedis(proxy)) {
      jedis.ping();
      jedis.getConnection().setSoTimeout(300);
      proxy.blackHole();
      assertThatThrownBy(() -> jedis.incr(tenant)).isInstanceOf(JedisConnectionException.class);
    }
    proxy.heal();
    assertThat(redis.execute("EXISTS", tenant)).isEqualTo(0L);
  }

  @Test
  void aDelayIsFeltByEveryCommand(FaultProxy proxy) {
    try (Jedis jedis = jedis(proxy)) {
      jedis.ping();
      proxy.delay(Duration.ofMillis(100));
      List<Duration> took = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        long before = System.nanoTime();
        jedis.ping();
        took.add(Duration.ofNanos(System.nanoTime() - before));
      }
      // The machine may hold up some of them.
      assertThat(Collections.min(took)).isBetween(Duration.ofMillis(200), Duration.ofMillis(700));
    }
  }

  @Test
  void ordinaryTrafficOfAllKindsPasses(FaultProxy proxy, @UniqueTenant String tenant) {
    long seed = System.nanoTime();
    System.out.println("FaultProxyIT seed " + seed);
    Random random = new Random(seed);
    for (Jedis client : new Jedis[] {jedis(proxy), resp3(proxy)}) {
      try (Jedis jedis = client) {
        for (int i = 0; i < 200; i++) {
          byte[] value = new byte[random.nextInt(200_000)];
          random.nextBytes(value);
          byte[] key = (tenant + i).getBytes(StandardCharsets.US_ASCII);
          jedis.set(key, value);
          assertThat(jedis.get(key)).isEqualTo(value);
          assertThat(jedis.exists(tenant + "none")).isFalse();
        }
      }
    }
    proxy.executeButDropReply(command -> command.startsWith("PING"));
    try (Jedis jedis = jedis(proxy)) {
      assertThatThrownBy(jedis::ping).isInstanceOf(JedisConnectionException.class);
    }
  }
}
