package dev.tandem.redis.internal;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.RedisKey;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.util.JedisClusterCRC16;
import redis.clients.jedis.util.Pool;

/**
 * A Jedis client that belongs to the user: its pools are used, never closed and never cleared.
 * Exclusive connections come out of the same pools, so these must be large enough.
 */
final class BorrowedClientSource implements ConnectionSource {
  /** Any slot will do for a command without a key, as long as a primary answers. */
  private static final int ANY_SLOT = JedisClusterCRC16.getSlot("tandem");

  private final UnifiedJedis client;

  /** Jedis does not tell which node a slot is looked for at: for each, where its last one led. */
  private final AtomicReferenceArray<@Nullable HostAndPort> lastSeen =
      new AtomicReferenceArray<>(Protocol.CLUSTER_HASHSLOTS);

  BorrowedClientSource(UnifiedJedis client) {
    if (!(client instanceof RedisClient
        || client instanceof RedisClusterClient
        || client instanceof RedisSentinelClient)) {
      throw new InvalidValueException(
          "client",
          client.getClass().getName(),
          "must be a RedisClient, RedisSentinelClient or RedisClusterClient");
    }
    this.client = client;
  }

  @Override
  public Connection borrow(@Nullable RedisKey routingKey) {
    if (client instanceof RedisClusterClient cluster) {
      int slot = routingKey == null ? ANY_SLOT : routingKey.slot();
      return seen(slot, cluster.getConnectionFromSlot(slot));
    }
    return pools().iterator().next().getResource();
  }

  private Connection seen(int slot, Connection connection) {
    HostAndPort node = connection.getHostAndPort();
    if (!node.equals(lastSeen.get(slot))) {
      lastSeen.set(slot, node);
    }
    return connection;
  }

  @Override
  public @Nullable Connection borrowFrom(HostAndPort node) {
    if (!(client instanceof RedisClusterClient cluster)) {
      return null;
    }
    Pool<Connection> pool = cluster.getClusterNodes().get(node.toString());
    return pool == null ? null : pool.getResource();
  }

  @Override
  public Connection open(@Nullable RedisKey routingKey) {
    return borrow(routingKey);
  }

  private Collection<? extends Pool<Connection>> pools() {
    if (client instanceof RedisClient single) {
      return List.of(single.getPool());
    }
    if (client instanceof RedisSentinelClient sentinel) {
      return sentinel.getPrimaryNodesConnectionMap().values();
    }
    return ((RedisClusterClient) client).getClusterNodes().values();
  }

  @Override
  public @Nullable HostAndPort nodeOf(@Nullable RedisKey routingKey) {
    return routingKey == null ? null : lastSeen.get(routingKey.slot());
  }

  @Override
  public Set<HostAndPort> nodes() {
    return client instanceof RedisClusterClient cluster
        ? cluster.getClusterNodes().keySet().stream()
            .map(HostAndPort::from)
            .collect(Collectors.toSet())
        : Set.of();
  }

  @Override
  public Set<HostAndPort> everyNode() {
    return nodes(); // Jedis does not tell which of them are primaries
  }

  @Override
  public void dropIdle(@Nullable HostAndPort node) {}

  @Override
  public void rediscover() {
    if (client instanceof RedisClusterClient cluster) {
      cluster.refreshClusterTopology();
    }
  }

  @Override
  public boolean isCluster() {
    return client instanceof RedisClusterClient;
  }

  @Override
  public String endpoint() {
    return "the given " + client.getClass().getSimpleName();
  }

  @Override
  public PoolUse use() {
    int active = 0;
    int idle = 0;
    for (Pool<Connection> pool : pools()) {
      active += pool.getNumActive();
      idle += pool.getNumIdle();
    }
    return new PoolUse(active, idle);
  }

  @Override
  public void close() {}
}
