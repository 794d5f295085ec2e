package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;

/** A Cluster of three primaries, of which one dies and comes back. */
@Timeout(120)
class ClusterOutageIT {
  /** Longer than a machine stalls: a call that takes so long has waited for the breaker. */
  private static final Duration BREAKER_WAIT = Duration.ofSeconds(8);

  private static RedisCluster cluster;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static RedisConnectionBuilder connection() {
    return RedisConnection.builder().cluster(cluster.urls().toArray(String[]::new));
  }

  private static RedisKey keyOn(RedisServer node) {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> RedisKey.of("tenant:{t" + i + "}:x"))
        .filter(key -> cluster.nodeOf(key.text()) == node)
        .findFirst()
        .orElseThrow();
  }

  private static @Nullable Object increment(RedisConnection redis, RedisKey key) {
    return redis.commands().execute(Command.of("INCR").key(key));
  }

  @Test
  void aDeadNodeFailsItsOwnCallsFastAndHoldsUpNobodyElse() throws Exception {
    try (RedisConnection redis = connection().circuitBreaker(20, BREAKER_WAIT).build()) {
      outage(redis);
    }
  }

  @Test
  void aGivenClientTooServesTheOtherNodes() throws Exception {
    RedisServer first = cluster.nodes().get(0);
    try (RedisClusterClient client =
            RedisClusterClient.builder()
                .nodes(Set.of(new HostAndPort(first.host(), first.port())))
                .clientConfig(DefaultJedisClientConfig.builder().build())
                .build();
        RedisConnection redis =
            RedisConnection.builder().client(client).circuitBreaker(20, BREAKER_WAIT).build()) {
      outage(redis);
    }
  }

  private static void outage(RedisConnection redis) throws Exception {
    RedisServer victim = cluster.nodes().get(1);
    RedisKey dead = keyOn(victim);
    RedisKey alive = keyOn(cluster.nodes().get(2));
    increment(redis, dead);
    List<Object> broken = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean over = new AtomicBoolean();
    Thread elsewhere =
        new Thread(() -> callUntil(over, () -> increment(redis, alive), broken), "elsewhere");
    elsewhere.start();

    victim.kill();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> errorOf(() -> increment(redis, dead)) instanceof CircuitOpenException);
    assertThat(redis.stats().circuitBreakerOpen()).isTrue();
    assertThat(redis.metrics().gauge(redis.metricsPrefix() + ".circuit-breaker").getValue())
        .isEqualTo("OPEN");
    assertThat(redis.health().status()).isEqualTo(Health.Status.DEGRADED);
    assertThat(redis.health().detail())
        .startsWith(
            "node 127.0.0.1:" + victim.port() + ": circuit breaker is open; last failure: ");
    assertThat(redis.state()).isEqualTo(LifecycleState.RECOVERING);
    Duration refusal = took(() -> errorOf(() -> increment(redis, dead)));
    assertThat(refusal).isLessThan(BREAKER_WAIT);
    assertThatThrownBy(() -> increment(redis, dead))
        .isInstanceOfAny(CircuitOpenException.class, UnavailableException.class);
    for (int i = 0; i < 100; i++) {
      assertThat(redis.serverTime()).as("any node's").isNotNull();
    }
    assertThat(increment(redis, keyOn(cluster.nodes().get(0)))).isNotNull();

    victim.restart();
    cluster.awaitWhole();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> errorOf(() -> increment(redis, dead)) == null);
    over.set(true);
    elsewhere.join(TimeUnit.SECONDS.toMillis(60));

    assertThat(broken).as("calls to a node that was there all the time").isEmpty();
    assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
    await().until(() -> errorOf(() -> increment(redis, dead)) == null && isClosed(redis));
    assertThat(redis.health().status()).isEqualTo(Health.Status.UP);
  }

  private static boolean isClosed(RedisConnection redis) {
    return redis
        .metrics()
        .gauge(redis.metricsPrefix() + ".circuit-breaker")
        .getValue()
        .equals("CLOSED");
  }

  /** Notes calls that fail or take longer than any of them should. */
  private static void callUntil(
      AtomicBoolean over, Supplier<@Nullable Object> call, List<Object> broken) {
    while (!over.get()) {
      Duration took =
          took(
              () -> {
                MessagingException error = errorOf(call);
                if (error != null) {
                  broken.add(error);
                }
              });
      if (took.compareTo(BREAKER_WAIT) >= 0) {
        broken.add(took);
      }
    }
  }

  private static @Nullable MessagingException errorOf(Supplier<@Nullable Object> call) {
    try {
      @Nullable Object unused = call.get();
      return null;
    } catch (MessagingException e) {
      return e;
    }
  }

  private static Duration took(Runnable call) {
    long start = System.nanoTime();
    call.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void healthIsDownWhenAllNodesThatWereCalledAreAway() {
    RedisServer victim = cluster.nodes().get(0);
    try (RedisConnection redis =
        connection().retry(1, Duration.ofMillis(1)).circuitBreaker(2, BREAKER_WAIT).build()) {
      RedisKey dead = keyOn(victim);
      increment(redis, dead);
      victim.kill();
      await()
          .pollInterval(Duration.ofMillis(1))
          .until(() -> errorOf(() -> increment(redis, dead)) instanceof CircuitOpenException);
      assertThat(redis.health().status()).isEqualTo(Health.Status.DOWN);

      assertThat(increment(redis, keyOn(cluster.nodes().get(2)))).isNotNull();
      assertThat(redis.health().status()).isEqualTo(Health.Status.DEGRADED);
    } finally {
      victim.restart();
      cluster.awaitWhole();
    }
  }
}
