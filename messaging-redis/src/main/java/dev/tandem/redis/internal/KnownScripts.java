package dev.tandem.redis.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import redis.clients.jedis.Connection;

/**
 * The digests of the scripts that each node has run for us. A node may have forgotten them since.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class KnownScripts {
  /** Nodes that come and go are forgotten all together beyond this. */
  private static final int MOST_NODES = 4_096;

  private static final String ONLY_NODE = "";

  private final ConcurrentHashMap<Object, Set<String>> nodes = new ConcurrentHashMap<>();

  Set<String> on(Connection connection) {
    Object node = address(connection);
    Set<String> known = nodes.get(node);
    if (known != null) {
      return known;
    }
    if (nodes.size() >= MOST_NODES) {
      nodes.clear();
    }
    return nodes.computeIfAbsent(node, any -> ConcurrentHashMap.newKeySet());
  }

  private static Object address(Connection connection) {
    try {
      return connection.getHostAndPort();
    } catch (ClassCastException e) { // a client with sockets of its own making
      return ONLY_NODE;
    }
  }
}
