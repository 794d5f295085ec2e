package dev.tandem.redis.internal;

import redis.clients.jedis.Connection;

/**
 * How long replies may take. Connections are made under the (usually shorter) connect timeout, the
 * login included, and get this one when they are first used.
 *
 * @param millis the timeout
 */
record ReplyTimeout(int millis) {
  Connection on(Connection connection) {
    if (connection.getSoTimeout() != millis) {
      connection.setSoTimeout(millis);
    }
    return connection;
  }
}
