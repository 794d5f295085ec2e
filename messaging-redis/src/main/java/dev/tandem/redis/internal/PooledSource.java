package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import java.util.Set;
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
  private final ReplyTimeout replyTimeout;
  private final String endpoint;
  private final Runnable onClose;

  PooledSource(
      Supplier<Pool<Connection>> pool,
      Supplier<HostAndPort> address,
      JedisClientConfig config,
      ReplyTimeout replyTimeout,
      String endpoint,
      Runnable onClose) {
    this.pool = pool;
    this.address = address;
    this.config = config;
    this.replyTimeout = replyTimeout;
    this.endpoint = endpoint;
    this.onClose = onClose;
  }

  @Override
  public Connection borrow(@Nullable RedisKey routingKey) {
    return replyTimeout.on(pool.get().getResource());
  }

  @Override
  public @Nullable Connection borrowFrom(HostAndPort node) {
    return null;
  }

  @Override
  public Connection open(@Nullable RedisKey routingKey) {
    return new Connection(new OneShotSocketFactory(address.get(), config), config);
  }

  @Override
  public @Nullable HostAndPort nodeOf(@Nullable RedisKey routingKey) {
    return null;
  }

  @Override
  public Set<HostAndPort> nodes() {
    return Set.of();
  }

  @Override
  public Set<HostAndPort> everyNode() {
    return Set.of();
  }

  @Override
  public void dropIdle(@Nullable HostAndPort node) {
    IdleConnections.drop(pool.get());
  }

  @Override
  public void rediscover() {}

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
    Pool<Connection> now = pool.get();
    return new PoolUse(now.getNumActive(), now.getNumIdle());
  }

  @Override
  public void close() {
    onClose.run();
  }
}
