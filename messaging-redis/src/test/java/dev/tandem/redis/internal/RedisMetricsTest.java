package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.RedisConnectionBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RedisMetricsTest {
  private static final List<String> NAMES =
      List.of(
          ".circuit-breaker",
          ".connection-failures",
          ".pool.active",
          ".pool.idle",
          ".repeats",
          ".round-trips");

  private final MetricRegistry registry = new MetricRegistry();

  private RedisConnectionBuilder nowhere() {
    return RedisConnection.builder().url("redis://127.0.0.1:1").lazy().metrics(registry);
  }

  private static Set<String> namesUnder(String... prefixes) {
    Set<String> names = new TreeSet<>();
    for (String prefix : prefixes) {
      NAMES.forEach(name -> names.add(prefix + name));
    }
    return names;
  }

  @Test
  void namesByClientNameAndRemovesOnClose() {
    RedisConnection redis = nowhere().clientName("orders").build();

    assertThat(redis.metricsPrefix()).isEqualTo("tandem.redis.orders");
    assertThat(registry.getNames()).isEqualTo(namesUnder("tandem.redis.orders"));

    redis.close();
    redis.close();
    assertThat(registry.getNames()).isEmpty();
  }

  @Test
  void numbersConnectionsOfOneNameAndLeavesTheOthersAlone() {
    RedisConnection first = nowhere().build();
    RedisConnection second = nowhere().build();

    assertThat(registry.getNames())
        .isEqualTo(namesUnder("tandem.redis.tandem", "tandem.redis.tandem-2"));
    first.close();
    assertThat(registry.getNames()).isEqualTo(namesUnder("tandem.redis.tandem-2"));
    try (RedisConnection third = nowhere().build()) {
      assertThat(third.metricsPrefix()).isEqualTo("tandem.redis.tandem");
    }
    second.close();
    assertThat(registry.getNames()).isEmpty();
  }

  @Test
  void givesEachItsOwnNameAlsoAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<RedisConnection>> opened = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      opened.add(threads.submit(() -> nowhere().build()));
    }
    Set<String> prefixes = new TreeSet<>();
    for (Future<RedisConnection> connection : opened) {
      prefixes.add(connection.get().metricsPrefix());
    }
    assertThat(prefixes).hasSize(40);
    assertThat(registry.getNames()).hasSize(40 * NAMES.size());
    for (Future<RedisConnection> connection : opened) {
      connection.get().close();
    }
    threads.shutdown();
    assertThat(registry.getNames()).isEmpty();
  }
}
