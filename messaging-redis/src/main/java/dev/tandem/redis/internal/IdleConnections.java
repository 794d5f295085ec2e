package dev.tandem.redis.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.util.Pool;

/** Drops what waits in a pool. */
final class IdleConnections {
  private static final Logger LOG = LoggerFactory.getLogger(IdleConnections.class);

  private IdleConnections() {}

  /** Drops them, and makes one for a caller who was about to be given one of those. */
  static void drop(Pool<Connection> pool) {
    pool.clear();
    if (pool.getNumWaiters() > 0) {
      try {
        pool.addObject();
      } catch (Exception e) { // who waits meets the same error or waits for another
        LOG.debug("no connection for those who wait", e);
      }
    }
  }
}
