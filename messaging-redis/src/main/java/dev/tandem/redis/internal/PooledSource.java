package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.util.Pool;

/** One pool towards one node at a time: a server alone, or the primary that Sentinel names. */
final class PooledSource implements ConnectionSource {
  private final Supplier<Pool<Connection>> pool;
  private final Supplier<HostAndPort> address;
  private final JedisClientConfig config;
  private final String endpoint;
  private final Runnable onClose;

  PooledSource(
      Supplier<Pool<Connection>> pool,
      Supplier<HostAndPort> address,
      JedisClientConfig config,
      String endpoint,
      Runnable onClose) {
    this.pool = pool;
    this.address = address;
    this.config = config;
    this.endpoint = endpoint;
    this.onClose = onClose;
  }

  @Override
  public Connection borrow(@Nullable RedisKey routingKey) {
    return pool.get().getResource();
  }

  @Override
  public Connection open(@Nullable RedisKey routingKey) {
    return new Connection(address.get(), config);
  }

  @Override
  public void refresh() {
    pool.get().clear();
  }

  @Override
  public boolean isCluster() {
    return false;
  }

  @Override
  public String endpoint() {
    return endpoint;
  }

  @Override
  public PoolUse use() {
    return new PoolUse(pool.get().getNumActive(), pool.get().getNumIdle());
  }

  @Override
  public void close() {
    onClose.run();
  }
}
