package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import java.util.List;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;

@RedisTest
class PoolGenerationIT {
  private static void fill(ConnectionSource source) {
    Connection one = source.borrow(null);
    Connection two = source.borrow(null);
    List.of(one, two).forEach(Connection::close);
  }

  @Test
  void dropsIdleConnectionsOnceForEachGeneration(RedisServer server) {
    HostAndPort address = new HostAndPort(server.host(), server.port());
    DefaultJedisClientConfig config = DefaultJedisClientConfig.builder().build();
    SingleServerPool pool = new SingleServerPool(address, config, new GenericObjectPoolConfig<>());
    try (ConnectionSource source =
        new PooledSource(
            () -> pool, () -> address, config, new ReplyTimeout(1_000), "test", pool::close)) {
      PoolGeneration generations =
          new PoolGeneration(() -> source.dropIdle(null), source::rediscover);
      long first = generations.current();
      fill(source);
      assertThat(generations.isCurrent(first)).isTrue();

      generations.failed(first);
      assertThat(source.use().idle()).isZero();
      assertThat(generations.isCurrent(first)).isFalse();

      fill(source);
      generations.failed(first);
      assertThat(source.use().idle()).as("made after the failure, so left alone").isEqualTo(2);

      generations.failed(generations.current());
      assertThat(source.use().idle()).isZero();
    }
  }
}
