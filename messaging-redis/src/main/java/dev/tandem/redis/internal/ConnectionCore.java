package dev.tandem.redis.internal;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.NodeReply;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Pipeline;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberLink;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link dev.tandem.redis.RedisConnection} is made of. */
public final class ConnectionCore {
  private final ConnectionSource source;
  private final Nodes nodes;
  private final Lifecycle lifecycle;
  private final Liveness liveness;
  private final RedisMetrics metrics;
  private final PooledExecutor executor;
  private final EveryNode everyNode;

  ConnectionCore(
      ConnectionSource source,
      RetrySettings retry,
      CircuitBreakerConfig breakerConfig,
      MetricRegistry registry,
      String clientName,
      Clock clock,
      Lifecycle lifecycle) {
    this.source = source;
    this.nodes = new Nodes(source, breakerConfig);
    this.lifecycle = lifecycle;
    this.liveness = new Liveness(clock, lifecycle, nodes);
    Guard guard = new Guard(retry);
    this.metrics = RedisMetrics.register(registry, clientName, source, nodes, liveness, guard);
    this.executor =
        new PooledExecutor(
            source, nodes, guard, liveness, metrics, () -> lifecycle.state().isFinal());
    this.everyNode = new EveryNode(source, executor, nodes, guard);
  }

  /** Sends commands over the pool. */
  public CommandExecutor executor() {
    requireOpen();
    return executor;
  }

  /** Sends a command to every node. */
  public List<NodeReply> executeOnEveryNode(Command command) {
    requireOpen();
    return everyNode.execute(command);
  }

  /** Sends a command to one node. */
  public @Nullable Object executeOn(String node, Command command) {
    requireOpen();
    return everyNode.execute(node, command);
  }

  /** Sends batches one behind the other. */
  public Pipeline pipeline() {
    return executor.pipeline();
  }

  /** A connection for one owner. */
  public DedicatedLink dedicated(@Nullable RedisKey routingKey, Duration replyTimeout) {
    requireOpen();
    return JedisDedicatedLink.open(source, routingKey, replyTimeout);
  }

  /** A connection for subscribing. */
  public SubscriberLink subscriber() {
    requireOpen();
    return JedisSubscriberLink.open(source);
  }

  /** Whether keys are spread over nodes. */
  public boolean isCluster() {
    return source.isCluster();
  }

  /** The address, without credentials. */
  public String endpoint() {
    return source.endpoint();
  }

  /** By what was proven. */
  public Health health() {
    return liveness.health(source.endpoint());
  }

  /** Connections in use. */
  public int activeConnections() {
    return source.use().active();
  }

  /** Connections waiting. */
  public int idleConnections() {
    return source.use().idle();
  }

  /** What its metrics' names begin with. */
  public String metricsPrefix() {
    return metrics.prefix();
  }

  /** Round trips made over the pool so far. */
  public long roundTrips() {
    return metrics.roundTrips();
  }

  /** Connection failures seen so far. */
  public long connectionFailures() {
    return liveness.failures();
  }

  /** Whether a breaker refuses calls now. */
  public boolean isBreakerOpen() {
    return nodes.breakers() == CircuitBreaker.State.OPEN;
  }

  /** Closes what was opened here; a client that was given stays open. */
  public void close() {
    if (lifecycle.tryMoveTo(LifecycleState.STOPPED)) {
      metrics.unregister();
      source.close();
    }
  }

  private void requireOpen() {
    if (lifecycle.state().isFinal()) {
      throw new ClosedException("the connection to Redis at " + endpoint() + " is closed");
    }
  }
}
