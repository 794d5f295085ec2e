package dev.tandem.redis.internal;

import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Makes one socket and no second one, so that a connection that was cut stays cut: Jedis opens a
 * closed one again before the next write, without logging in and without what the old one had
 * subscribed to.
 */
final class OneShotSocketFactory extends DefaultJedisSocketFactory {
  private final AtomicBoolean used = new AtomicBoolean();

  OneShotSocketFactory(HostAndPort address, JedisClientConfig config) {
    super(address, config);
  }

  @Override
  public Socket createSocket() {
    if (!used.compareAndSet(false, true)) {
      throw new JedisConnectionException("the connection was cut");
    }
    return super.createSocket();
  }
}
