package dev.tandem.redis.internal;

import java.time.Duration;
import java.util.NoSuchElementException;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A pool in which a broken connection is replaced by the next caller who wants one. Commons Pool
 * replaces it at once, on the thread that has just seen the server fail and would then wait for it
 * once more. In return, who waits here looks now and then whether there is room for a new one.
 */
final class SingleServerPool extends ConnectionPool {
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  SingleServerPool(
      HostAndPort address, JedisClientConfig config, GenericObjectPoolConfig<Connection> settings) {
    super(address, config, settings);
  }

  @Override
  public Connection getResource() {
    Duration left = getMaxWaitDuration();
    while (true) {
      Duration now = left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY;
      try {
        Connection connection = borrowObject(now);
        connection.setHandlingPool(this);
        return connection;
      } catch (NoSuchElementException none) {
        left = left.minus(now);
        if (left.isZero()) {
          throw new JedisException("no connection was given back in time", none);
        }
      } catch (JedisException e) {
        throw e;
      } catch (Exception e) {
        throw new JedisException("no connection could be had", e);
      }
    }
  }

  @Override
  public void addObject() {}
}
