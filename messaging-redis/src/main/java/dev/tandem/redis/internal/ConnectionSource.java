package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;

/**
 * Where connections come from: a server, a Sentinel group, a Cluster, or a client of the user's.
 * Methods throw what Jedis throws.
 */
interface ConnectionSource extends AutoCloseable {
  /** A pooled connection to the node that holds the key; closing it gives it back. */
  Connection borrow(@Nullable RedisKey routingKey);

  /** A pooled connection to this node of a Cluster, or null if there is no such node. */
  @Nullable Connection borrowFrom(HostAndPort node);

  /** A connection for one owner, not counted among the pooled ones where that is possible. */
  Connection open(@Nullable RedisKey routingKey);

  /** Drops what is idle, because it may be stale; does nothing to connections of the user's. */
  void dropIdle();

  /** Asks anew which node holds what, where that can change. */
  void rediscover();

  /** Whether keys are spread over nodes by slot. */
  boolean isCluster();

  /** The address for messages to people; never contains credentials. */
  String endpoint();

  /** Connections in use and idle, over all nodes. */
  PoolUse use();

  @Override
  void close();

  /**
   * How the pools stand.
   *
   * @param active connections in use
   * @param idle connections waiting
   */
  record PoolUse(int active, int idle) {}
}
