package dev.tandem.redis.internal;

import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Jedis' subscriber loop with what it lacks: writes from several threads are put one after the
 * other, and nothing is written before the loop runs or after the connection was cut (Jedis would
 * reconnect, with no channel subscribed).
 */
final class JedisSubscriberLink implements SubscriberLink {
  private final Connection connection;
  private final String endpoint;
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean cut;

  /** The loop once the server has confirmed its first channel, until it ends. */
  private volatile @Nullable Loop running;

  JedisSubscriberLink(Connection connection, String endpoint) {
    this.connection = connection;
    this.endpoint = endpoint;
  }

  static JedisSubscriberLink open(ConnectionSource source) {
    try {
      return new JedisSubscriberLink(source.open(null), source.endpoint());
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(source.endpoint(), e);
    }
  }

  @Override
  public void run(SubscriberEvents events, Collection<RedisKey> first) {
    try {
      new Loop(events).proceed(connection, names(first));
    } catch (JedisException e) {
      throw new UnavailableException(
          "subscription to Redis at " + endpoint + " ended: " + e.getMessage(), e);
    } finally {
      running = null;
    }
  }

  @Override
  public void subscribe(Collection<RedisKey> channels) {
    write(channels, Loop::subscribe);
  }

  @Override
  public void unsubscribe(Collection<RedisKey> channels) {
    write(channels, Loop::unsubscribe);
  }

  @Override
  public void subscribePatterns(Collection<RedisKey> patterns) {
    write(patterns, Loop::psubscribe);
  }

  @Override
  public void unsubscribePatterns(Collection<RedisKey> patterns) {
    write(patterns, Loop::punsubscribe);
  }

  private void write(Collection<RedisKey> keys, BiConsumer<Loop, byte[][]> command) {
    if (keys.isEmpty()) {
      return;
    }
    writing.lock();
    try {
      Loop loop = running;
      if (loop == null || cut) {
        throw new UnavailableException(
            "this subscriber connection to Redis at " + endpoint + " is not running", null);
      }
      command.accept(loop, names(keys));
    } catch (JedisException e) {
      throw new UnavailableException(
          "subscriber connection to Redis at " + endpoint + " failed: " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void interrupt() {
    cut = true;
    try {
      connection.forceDisconnect();
    } catch (IOException e) {
      connection.setBroken();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      // A connection that has been in subscriber mode does not go back into a pool.
      interrupt();
      connection.close();
    }
  }

  private static byte[][] names(Collection<RedisKey> keys) {
    return keys.stream().map(RedisKey::bytes).toArray(byte[][]::new);
  }

  private final class Loop extends BinaryJedisPubSub {
    private final SubscriberEvents events;

    Loop(SubscriberEvents events) {
      this.events = events;
    }

    @Override
    public void onMessage(byte[] channel, byte[] message) {
      events.onMessage(channel, message);
    }

    @Override
    public void onPMessage(byte[] pattern, byte[] channel, byte[] message) {
      events.onPatternMessage(pattern, channel, message);
    }

    @Override
    public void onSubscribe(byte[] channel, int count) {
      running = this;
      events.onSubscribed(channel);
    }

    @Override
    public void onPSubscribe(byte[] pattern, int count) {
      events.onSubscribed(pattern);
    }

    @Override
    public void onUnsubscribe(byte[] channel, int count) {
      events.onUnsubscribed(channel);
    }

    @Override
    public void onPUnsubscribe(byte[] pattern, int count) {
      events.onUnsubscribed(pattern);
    }
  }
}
