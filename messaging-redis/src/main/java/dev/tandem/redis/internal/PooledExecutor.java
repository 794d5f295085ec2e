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
  private final Nodes nodes;
  private final Exchange exchange;
  private final Guard guard;
  private final Liveness liveness;
  private final RedisMetrics metrics;
  private final BooleanSupplier closed;

  PooledExecutor(
      ConnectionSource source,
      Nodes nodes,
      Guard guard,
      Liveness liveness,
      RedisMetrics metrics,
      BooleanSupplier closed) {
    this.source = source;
    this.nodes = nodes;
    this.exchange = new Exchange(source.endpoint());
    this.guard = guard;
    this.liveness = liveness;
    this.metrics = metrics;
    this.closed = closed;
  }

  @Override
  public @Nullable Object execute(Command command) {
    return guard.run(command.isRepeatable(), () -> sendOne(command)).value();
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
    return new PooledPipeline(this, exchange, nodes.any(), liveness, metrics);
  }

  Exchange exchange() {
    return exchange;
  }

  boolean isCluster() {
    return source.isCluster();
  }

  boolean hasIdle() {
    return source.use().idle() > 0;
  }

  boolean isClosed() {
    return closed.getAsBoolean();
  }

  Connection borrowFor(Node node, List<Command> commands) {
    return borrow(node, () -> source.borrow(routingKey(commands)));
  }

  private Guard.Sent<Reply> sendOne(Command command) {
    RedisKey key = command.routingKey();
    try {
      return sendOne(
          nodes.of(key), () -> source.borrow(key), connection -> exchange.one(connection, command));
    } catch (MessagingException e) {
      HostAndPort asked = ErrorTranslation.askedToGoTo(e);
      if (asked == null) {
        throw e;
      }
      return sendOne(
          nodes.at(asked),
          () -> source.borrowFrom(asked),
          connection -> exchange.asking(connection, command));
    }
  }

  private Guard.Sent<Reply> sendOne(
      Node node,
      Supplier<@Nullable Connection> borrow,
      Function<Connection, @Nullable Object> work) {
    return node.breaker()
        .run(
            () ->
                Guard.Sent.whole(
                    over(node, borrow, connection -> new Reply(work.apply(connection)))));
  }

  private Guard.Sent<List<@Nullable Object>> sendAll(List<Command> commands) {
    RedisKey key = routingKey(commands);
    Node node = nodes.of(key);
    return node.breaker()
        .run(
            () -> {
              long generation = node.pool().current();
              List<@Nullable Object> replies =
                  over(
                      node,
                      () -> source.borrow(key),
                      connection -> exchange.all(connection, commands));
              return judged(node, generation, commands, replies);
            });
  }

  /** What came of a pipeline whose replies are there; tells the node of failures. */
  Guard.Sent<List<@Nullable Object>> judged(
      Node node, long generation, List<Command> commands, List<@Nullable Object> replies) {
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
    noticed(node, failure, generation);
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

  private <T> T over(
      Node node, Supplier<@Nullable Connection> borrow, Function<Connection, T> work) {
    long generation = node.pool().current();
    try {
      Connection connection = borrow(node, borrow);
      try {
        T result = metrics.timed(() -> work.apply(connection));
        if (!connection.isBroken()) {
          liveness.proven(node);
        }
        return result;
      } catch (ServerErrorException refused) {
        liveness.proven(node);
        throw refused;
      } finally {
        giveBack(node, connection, generation);
      }
    } catch (MessagingException e) {
      noticed(node, e, generation);
      throw e;
    }
  }

  private Connection borrow(Node node, Supplier<@Nullable Connection> borrow) {
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
        liveness.failed(node, why); // it answers, but does not let us in
      }
      throw why;
    }
  }

  void requireOpen() {
    if (closed.getAsBoolean()) {
      throw new ClosedException("the connection to Redis at " + source.endpoint() + " is closed");
    }
  }

  void giveBack(Node node, Connection connection, long generation) {
    if (!node.pool().isCurrent(generation)) {
      connection.setBroken();
    }
    try {
      connection.close();
    } catch (RuntimeException e) {
      LOG.debug("giving back a connection to Redis at {} failed", source.endpoint(), e);
    }
  }

  void noticed(Node node, MessagingException error, long generation) {
    if (Guard.isConnectionFailure(error)) {
      liveness.failed(node, error);
      node.pool().failed(generation);
    } else if (ErrorTranslation.isDemoted(error)) {
      node.pool().failed(generation);
    } else if (error.code() == ErrorCode.REDIRECTED) {
      nodes.rediscover();
    }
  }

  private record Reply(@Nullable Object value) {}
}
