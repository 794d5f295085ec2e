package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;

/**
 * One connection for one owner; once broken it stays broken (Jedis alone would reconnect).
 *
 * <p>The connection is given up by whoever sees last that it is no longer wanted: {@link #close()},
 * or the thread that is in a command then. So a user's pool never gets one back that still waits
 * for a reply.
 */
final class JedisDedicatedLink implements DedicatedLink {
  private static final Logger LOG = LoggerFactory.getLogger(JedisDedicatedLink.class);

  private enum Use {
    IDLE,
    BUSY,
    CLOSING,
    CLOSED
  }

  private final ConnectionSource source;
  private final Connection connection;
  private final Exchange exchange;
  private final int pooledTimeoutMillis;
  private final AtomicReference<Use> use = new AtomicReference<>(Use.IDLE);
  private volatile boolean broken;

  private JedisDedicatedLink(
      ConnectionSource source, Connection connection, int pooledTimeoutMillis) {
    this.source = source;
    this.connection = connection;
    this.exchange = new Exchange(source.endpoint(), () -> broken);
    this.pooledTimeoutMillis = pooledTimeoutMillis;
  }

  static JedisDedicatedLink open(
      ConnectionSource source, @Nullable RedisKey routingKey, Duration replyTimeout) {
    try {
      Connection connection = source.open(routingKey);
      JedisDedicatedLink link =
          new JedisDedicatedLink(source, connection, connection.getSoTimeout());
      connection.setSoTimeout(Math.toIntExact(replyTimeout.toMillis()));
      return link;
    } catch (RuntimeException e) {
      throw ErrorTranslation.notSent(source.endpoint(), e);
    }
  }

  @Override
  public @Nullable Object execute(Command command) {
    return Replies.orThrow(executeAll(List.of(command)).get(0));
  }

  @Override
  public List<@Nullable Object> executeAll(List<Command> commands) {
    begin();
    try {
      return commands.isEmpty() ? List.of() : judged(exchange.all(connection, commands));
    } finally {
      end();
    }
  }

  @Override
  public void executeAhead(Command first, Succession succession) {
    begin();
    List<Command> unread = List.of(first);
    try {
      @Nullable RuntimeException failed = exchange.write(connection, unread);
      while (!unread.isEmpty()) {
        Object reply = judged(exchange.repliesTo(connection, unread, failed, true)).get(0);
        unread = List.of();
        Replies.orThrow(reply);
        Command next = succession.next(reply);
        if (next != null) {
          unread = List.of(next);
          failed = exchange.write(connection, unread);
        }
        succession.take(reply);
      }
    } finally {
      if (!unread.isEmpty()) {
        interrupt(); // or its reply would pass for that to another command
      }
      end();
    }
  }

  private void begin() {
    if (broken || !use.compareAndSet(Use.IDLE, Use.BUSY)) {
      throw unusable();
    }
  }

  private void end() {
    if (!use.compareAndSet(Use.BUSY, Use.IDLE)) {
      giveUp();
    }
  }

  private List<@Nullable Object> judged(List<@Nullable Object> replies) {
    if (connection.isBroken()) {
      interrupt(); // the server is to see its end now, not when this is closed
    }
    noticeMoves(replies);
    return replies;
  }

  private MessagingException unusable() {
    if (use.get() == Use.BUSY && !broken) {
      return new UnavailableException(
          "this connection to Redis at " + source.endpoint() + " is in use by another thread",
          null);
    }
    return new UnavailableException(
        "this connection to Redis at " + source.endpoint() + " was cut", null);
  }

  /** This link will never reach the right node again: its owner is to open another. */
  private void noticeMoves(List<@Nullable Object> replies) {
    for (Object reply : replies) {
      if (reply instanceof MessagingException error
          && (error.code() == ErrorCode.REDIRECTED || ErrorTranslation.isDemoted(error))) {
        broken = true;
        rediscover();
        return;
      }
    }
  }

  private void rediscover() {
    try {
      source.dropIdle(null);
      source.rediscover();
    } catch (RuntimeException e) {
      LOG.debug("asking for the nodes of Redis at {} failed", source.endpoint(), e);
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
    Use now = use.get();
    return broken || now == Use.CLOSING || now == Use.CLOSED;
  }

  @Override
  public void close() {
    if (use.compareAndSet(Use.IDLE, Use.CLOSING)) {
      giveUp();
    } else if (use.compareAndSet(Use.BUSY, Use.CLOSING)) {
      interrupt();
    }
  }

  private void giveUp() {
    if (!use.compareAndSet(Use.CLOSING, Use.CLOSED)) {
      return;
    }
    try {
      if (broken) {
        connection.setBroken();
      } else {
        connection.setSoTimeout(pooledTimeoutMillis);
      }
      connection.close();
    } catch (RuntimeException e) {
      LOG.debug("giving up a connection to Redis at {} failed", source.endpoint(), e);
    }
  }
}
