package dev.tandem.redis.internal;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisException;

/** Sends commands over pooled connections, guarded, measured, and watched for lost connections. */
final class PooledExecutor implements CommandExecutor {
  private final ConnectionSource source;
  private final Exchange exchange;
  private final Guard guard;
  private final Liveness liveness;
  private final RedisMetrics metrics;

  PooledExecutor(ConnectionSource source, Guard guard, Liveness liveness, RedisMetrics metrics) {
    this.source = source;
    this.exchange = new Exchange(source.endpoint());
    this.guard = guard;
    this.liveness = liveness;
    this.metrics = metrics;
  }

  @Override
  public @Nullable Object execute(Command command) {
    return guard
        .run(command.isRepeatable(), () -> new Guard.Sent<>(new Reply(sendOne(command)), null))
        .value();
  }

  @Override
  public List<@Nullable Object> executeAll(List<Command> commands) {
    return commands.isEmpty() ? List.of() : guard.run(false, () -> sendAll(commands));
  }

  private @Nullable Object sendOne(Command command) {
    try {
      Connection connection = borrow(command.routingKey());
      Object reply;
      try {
        reply = metrics.timed(() -> new Reply(exchange.one(connection, command))).value();
      } finally {
        giveBack(connection);
      }
      liveness.proven();
      return reply;
    } catch (MessagingException e) {
      noticed(e);
      throw e;
    }
  }

  private Guard.Sent<List<@Nullable Object>> sendAll(List<Command> commands) {
    List<@Nullable Object> replies;
    try {
      Connection connection = borrow(commands.get(0).routingKey());
      try {
        replies = metrics.timed(() -> exchange.all(connection, commands));
      } finally {
        giveBack(connection);
      }
    } catch (MessagingException e) {
      noticed(e);
      throw e;
    }
    if (replies.get(replies.size() - 1) instanceof MessagingException last) {
      noticed(last);
      return new Guard.Sent<>(replies, last);
    }
    liveness.proven();
    return new Guard.Sent<>(replies, null);
  }

  private Connection borrow(@Nullable RedisKey routingKey) {
    try {
      return source.borrow(routingKey);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(source.endpoint(), e);
    }
  }

  // The pool may connect anew for someone who waits, and fail: that is no error of this call.
  private static void giveBack(Connection connection) {
    try {
      connection.close();
    } catch (JedisException e) {
      connection.setBroken();
    }
  }

  private void noticed(MessagingException error) {
    if (Guard.isConnectionFailure(error)) {
      liveness.failed(error);
      refresh();
    } else if (error.code() == ErrorCode.REDIRECTED || error.code() == ErrorCode.READ_ONLY) {
      refresh();
    } else {
      liveness.proven();
    }
  }

  private void refresh() {
    try {
      source.refresh();
    } catch (JedisException stillAway) {
      liveness.failed(ErrorTranslation.notSent(source.endpoint(), stillAway));
    }
  }

  private record Reply(@Nullable Object value) {}
}
