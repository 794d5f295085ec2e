package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.providers.ClusterConnectionProvider;
import redis.clients.jedis.util.Pool;

/** A pool for each node of a Cluster; the key's slot chooses among them. */
final class ClusterSource implements ConnectionSource {
  private final ClusterConnectionProvider provider;
  private final JedisClientConfig config;
  private final String endpoint;

  ClusterSource(ClusterConnectionProvider provider, JedisClientConfig config, String endpoint) {
    this.provider = provider;
    this.config = config;
    this.endpoint = endpoint;
  }

  @Override
  public Connection borrow(@Nullable RedisKey routingKey) {
    return routingKey == null
        ? provider.getConnection()
        : provider.getConnectionFromSlot(routingKey.slot());
  }

  @Override
  public Connection open(@Nullable RedisKey routingKey) {
    return new Connection(nodeFor(routingKey), config);
  }

  private HostAndPort nodeFor(@Nullable RedisKey routingKey) {
    if (routingKey != null) {
      HostAndPort node = provider.getNode(routingKey.slot());
      if (node != null) {
        return node;
      }
      provider.renewSlotCache();
    }
    try (Connection any = borrow(routingKey)) {
      return any.getHostAndPort();
    }
  }

  @Override
  public void refresh() {
    provider.renewSlotCache();
    provider.getNodes().values().forEach(Pool::clear);
  }

  @Override
  public boolean isCluster() {
    return true;
  }

  @Override
  public String endpoint() {
    return endpoint;
  }

  @Override
  public PoolUse use() {
    int active = 0;
    int idle = 0;
    for (Pool<Connection> pool : provider.getNodes().values()) {
      active += pool.getNumActive();
      idle += pool.getNumIdle();
    }
    return new PoolUse(active, idle);
  }

  @Override
  public void close() {
    provider.close();
  }
}
