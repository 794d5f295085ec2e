package dev.tandem.redis.internal;

import dev.tandem.redis.command.RedisKey;
import java.util.Set;
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

  /** The node of a Cluster that the key is looked for at; null for any, or if it is not known. */
  @Nullable HostAndPort nodeOf(@Nullable RedisKey routingKey);

  /** The nodes of a Cluster that may hold keys, as last heard; empty for what is none. */
  Set<HostAndPort> nodes();

  /** All nodes of a Cluster, replicas too, as last heard; empty for what is none. */
  Set<HostAndPort> everyNode();

  /**
   * Drops what is idle, because it may be stale; does nothing to connections of the user's.
   *
   * @param node towards this node of a Cluster; null for all
   */
  void dropIdle(@Nullable HostAndPort node);

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
