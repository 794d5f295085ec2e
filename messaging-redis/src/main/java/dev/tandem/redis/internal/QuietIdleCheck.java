package dev.tandem.redis.internal;

import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultEvictionPolicy;
import org.apache.commons.pool2.impl.EvictionConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Drops idle connections that do not answer, besides those idle for too long. Jedis's own test
 * while idle does so too, but warns with a stack trace where nothing is wrong with the connection:
 * a server that is still loading its data answers with an error.
 */
final class QuietIdleCheck extends DefaultEvictionPolicy<Connection> {
  private static final Logger LOG = LoggerFactory.getLogger(QuietIdleCheck.class);

  @Override
  public boolean evict(EvictionConfig config, PooledObject<Connection> underTest, int idleCount) {
    return super.evict(config, underTest, idleCount) || !answers(underTest.getObject());
  }

  private static boolean answers(Connection connection) {
    try {
      return connection.isConnected() && connection.ping();
    } catch (JedisDataException e) {
      LOG.debug("an idle connection to Redis was answered: {}", e.getMessage());
      return true;
    } catch (JedisException e) {
      LOG.debug("an idle connection to Redis does not answer: {}", e.getMessage());
      return false;
    }
  }
}
