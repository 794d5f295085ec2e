package dev.tandem.redis.internal;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisException;

/** One connection for one owner; once broken it stays broken (Jedis alone would reconnect). */
final class JedisDedicatedLink implements DedicatedLink {
  private final Connection connection;
  private final Exchange exchange;
  private final String endpoint;
  private final int pooledTimeoutMillis;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean broken;

  private JedisDedicatedLink(Connection connection, String endpoint, Duration replyTimeout) {
    this.connection = connection;
    this.endpoint = endpoint;
    this.exchange = new Exchange(endpoint);
    this.pooledTimeoutMillis = connection.getSoTimeout();
    connection.setSoTimeout(Math.toIntExact(replyTimeout.toMillis()));
  }

  static JedisDedicatedLink open(
      ConnectionSource source, @Nullable RedisKey routingKey, Duration replyTimeout) {
    try {
      return new JedisDedicatedLink(source.open(routingKey), source.endpoint(), replyTimeout);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(source.endpoint(), e);
    }
  }

  @Override
  public @Nullable Object execute(Command command) {
    requireWhole();
    try {
      return exchange.one(connection, command);
    } catch (MessagingException e) {
      broken |= Guard.isConnectionFailure(e);
      throw e;
    }
  }

  @Override
  public List<@Nullable Object> executeAll(List<Command> commands) {
    requireWhole();
    if (commands.isEmpty()) {
      return List.of();
    }
    List<@Nullable Object> replies = exchange.all(connection, commands);
    if (replies.get(replies.size() - 1) instanceof MessagingException e) {
      broken |= Guard.isConnectionFailure(e);
    }
    return replies;
  }

  private void requireWhole() {
    if (isBroken()) {
      throw new UnavailableException("this connection to Redis at " + endpoint + " was cut", null);
    }
  }

  @Override
  public void interrupt() {
    broken = true;
    try {
      connection.forceDisconnect();
    } catch (IOException e) {
      connection.setBroken();
    }
  }

  @Override
  public boolean isBroken() {
    return broken || closed.get();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      if (broken) {
        connection.setBroken();
      } else {
        connection.setSoTimeout(pooledTimeoutMillis);
      }
      connection.close();
    } catch (JedisException e) {
      connection.setBroken();
    }
  }
}
