package dev.tandem.redis.internal;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;

/**
 * A pool that replaces a broken connection only when a caller waits for one. Commons Pool always
 * does, on the thread that has just seen the server fail and would then wait for it once more.
 */
final class SingleServerPool extends ConnectionPool {
  SingleServerPool(
      HostAndPort address, JedisClientConfig config, GenericObjectPoolConfig<Connection> settings) {
    super(address, config, settings);
  }

  @Override
  public void addObject() throws Exception {
    if (getNumWaiters() > 0) {
      super.addObject();
    }
  }
}
