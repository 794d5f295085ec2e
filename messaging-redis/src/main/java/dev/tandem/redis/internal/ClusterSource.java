package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
  private final ReplyTimeout replyTimeout;
  private final String endpoint;

  ClusterSource(
      ClusterConnectionProvider provider,
      JedisClientConfig config,
      ReplyTimeout replyTimeout,
      String endpoint) {
    this.provider = provider;
    this.config = config;
    this.replyTimeout = replyTimeout;
    this.endpoint = endpoint;
  }

  @Override
  public Connection borrow(@Nullable RedisKey routingKey) {
    return replyTimeout.on(
        routingKey == null
            ? provider.getConnection()
            : provider.getConnectionFromSlot(routingKey.slot()));
  }

  @Override
  public Connection borrowFrom(HostAndPort node) {
    return replyTimeout.on(provider.getConnection(node));
  }

  @Override
  public Connection open(@Nullable RedisKey routingKey) {
    return new Connection(new OneShotSocketFactory(nodeFor(routingKey), config), config);
  }

  private HostAndPort nodeFor(@Nullable RedisKey routingKey) {
    if (routingKey != null) {
      HostAndPort node = nodeOf(routingKey);
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
  public @Nullable HostAndPort nodeOf(@Nullable RedisKey routingKey) {
    return routingKey == null ? null : provider.getNode(routingKey.slot());
  }

  @Override
  public Set<HostAndPort> nodes() {
    return addresses(provider.getPrimaryNodes());
  }

  @Override
  public Set<HostAndPort> everyNode() {
    return addresses(provider.getNodes());
  }

  private static Set<HostAndPort> addresses(Map<String, ?> nodes) {
    return nodes.keySet().stream().map(HostAndPort::from).collect(Collectors.toSet());
  }

  @Override
  public void dropIdle(@Nullable HostAndPort node) {
    if (node == null) {
      provider.getNodes().values().forEach(IdleConnections::drop);
      return;
    }
    Pool<Connection> pool = provider.getNodes().get(node.toString());
    if (pool != null) {
      IdleConnections.drop(pool);
    }
  }

  @Override
  public void rediscover() {
    provider.renewSlotCache();
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
