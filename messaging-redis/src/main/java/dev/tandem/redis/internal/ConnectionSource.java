package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;

/**
 * Where connections come from: a server, a Sentinel group, a Cluster, or a client of the user's.
 * Methods throw what Jedis throws.
 */
interface ConnectionSource extends AutoCloseable {
  /** A pooled connection to the node that holds the key; closing it gives it back. */
  Connection borrow(@Nullable RedisKey routingKey);

  /** A connection for one owner, not counted among the pooled ones where that is possible. */
  Connection open(@Nullable RedisKey routingKey);

  /** Called after a connection failed or a key had moved: what is idle may be stale. */
  void refresh();

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
