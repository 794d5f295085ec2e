package dev.tandem.redis.internal;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Pipeline;
import dev.tandem.redis.command.RedisKey;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisException;

/** Sends commands over pooled connections, guarded, measured, and watched for lost connections. */
final class PooledExecutor implements CommandExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(PooledExecutor.class);

  private final ConnectionSource source;
  private final PoolGeneration pools;
  private final Exchange exchange;
  private final Guard guard;
  private final Liveness liveness;
  private final RedisMetrics metrics;
  private final BooleanSupplier closed;

  PooledExecutor(
      ConnectionSource source,
      Guard guard,
      Liveness liveness,
      RedisMetrics metrics,
      BooleanSupplier closed) {
    this.source = source;
    this.pools = new PoolGeneration(source);
    this.exchange = new Exchange(source.endpoint());
    this.guard = guard;
    this.liveness = liveness;
    this.metrics = metrics;
    this.closed = closed;
  }

  @Override
  public @Nullable Object execute(Command command) {
    return guard
        .run(command.isRepeatable(), () -> Guard.Sent.whole(new Reply(sendOne(command))))
        .value();
  }

  @Override
  public List<@Nullable Object> executeAll(List<Command> commands) {
    if (commands.isEmpty()) {
      return List.of();
    }
    return source.isCluster() ? BySlot.run(commands, this::pipeline) : pipeline(commands);
  }

  private List<@Nullable Object> pipeline(List<Command> commands) {
    return guard.run(false, () -> sendAll(commands));
  }

  /** Pipelines over one connection, for one thread. */
  Pipeline pipeline() {
    return new PooledPipeline(this, exchange, guard, liveness, metrics);
  }

  boolean isCluster() {
    return source.isCluster();
  }

  /** Whether a connection that was borrowed in this generation may be used on. */
  boolean isCurrent(long generation) {
    return pools.isCurrent(generation) && !closed.getAsBoolean();
  }

  /** To be taken down before a connection is borrowed. */
  long generation() {
    return pools.current();
  }

  Connection borrowFor(List<Command> commands) {
    return borrow(() -> source.borrow(routingKey(commands)));
  }

  private @Nullable Object sendOne(Command command) {
    try {
      return over(
              () -> source.borrow(command.routingKey()),
              connection -> new Reply(exchange.one(connection, command)))
          .value();
    } catch (MessagingException e) {
      HostAndPort asked = ErrorTranslation.askedToGoTo(e);
      if (asked == null) {
        throw e;
      }
      return over(
              () -> source.borrowFrom(asked),
              connection -> new Reply(exchange.asking(connection, command)))
          .value();
    }
  }

  private Guard.Sent<List<@Nullable Object>> sendAll(List<Command> commands) {
    long generation = pools.current();
    List<@Nullable Object> replies =
        over(
            () -> source.borrow(routingKey(commands)),
            connection -> exchange.all(connection, commands));
    return judged(commands, replies, generation);
  }

  /** What came of a pipeline whose replies are there; tells the pool of failures. */
  Guard.Sent<List<@Nullable Object>> judged(
      List<Command> commands, List<@Nullable Object> replies, long generation) {
    MessagingException failure = null;
    boolean nothingDone = true;
    for (int i = 0; i < replies.size(); i++) {
      if (!(replies.get(i) instanceof MessagingException error)) {
        nothingDone = false;
      } else {
        failure = worse(failure, error);
        nothingDone &= Guard.isHarmless(error, commands.get(i).isRepeatable());
      }
    }
    if (failure == null) {
      return Guard.Sent.whole(replies);
    }
    noticed(failure, generation);
    return new Guard.Sent<>(replies, failure, nothingDone);
  }

  private static @Nullable RedisKey routingKey(List<Command> commands) {
    for (Command command : commands) {
      RedisKey key = command.routingKey();
      if (key != null) {
        return key;
      }
    }
    return null;
  }

  private static MessagingException worse(
      @Nullable MessagingException known, MessagingException another) {
    return known == null || Guard.isConnectionFailure(another) ? another : known;
  }

  private <T> T over(Supplier<@Nullable Connection> borrow, Function<Connection, T> work) {
    long generation = pools.current();
    try {
      Connection connection = borrow(borrow);
      try {
        T result = metrics.timed(() -> work.apply(connection));
        if (!connection.isBroken()) {
          liveness.proven();
        }
        return result;
      } catch (ServerErrorException refused) {
        liveness.proven();
        throw refused;
      } finally {
        giveBack(connection, generation);
      }
    } catch (MessagingException e) {
      noticed(e, generation);
      throw e;
    }
  }

  private Connection borrow(Supplier<@Nullable Connection> borrow) {
    requireOpen();
    try {
      Connection connection = borrow.get();
      if (connection == null) {
        throw new JedisException("the node that the server names is not known");
      }
      return connection;
    } catch (RuntimeException e) {
      requireOpen();
      MessagingException why = ErrorTranslation.notSent(source.endpoint(), e);
      if (why instanceof ServerErrorException) {
        liveness.failed(why); // it answers, but does not let us in
      }
      throw why;
    }
  }

  private void requireOpen() {
    if (closed.getAsBoolean()) {
      throw new ClosedException("the connection to Redis at " + source.endpoint() + " is closed");
    }
  }

  void giveBack(Connection connection, long generation) {
    if (!pools.isCurrent(generation)) {
      connection.setBroken();
    }
    try {
      connection.close();
    } catch (RuntimeException e) {
      LOG.debug("giving back a connection to Redis at {} failed", source.endpoint(), e);
    }
  }

  void noticed(MessagingException error, long generation) {
    if (Guard.isConnectionFailure(error)) {
      liveness.failed(error);
      pools.failed(generation);
    } else if (ErrorTranslation.isDemoted(error)) {
      pools.failed(generation);
    } else if (error.code() == ErrorCode.REDIRECTED) {
      pools.moved();
    }
  }

  private record Reply(@Nullable Object value) {}
}
