package dev.tandem.redis;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.audit.AuditHook;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Pipeline;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.SubscriberLink;
import dev.tandem.redis.internal.CapabilityProbe;
import dev.tandem.redis.internal.ConnectionCore;
import dev.tandem.redis.internal.ConnectionSettings;
import dev.tandem.redis.internal.Connector;
import dev.tandem.redis.internal.RedisUrl;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.UnifiedJedis;

/**
 * The connection of a process to Redis or Valkey: one server, the primary behind Sentinels, or a
 * Cluster. Build one, share it among producers, workers and buses, close it last.
 *
 * <p><b>Repeats.</b> A call that was not executed for certain, or that is harmless to do twice, is
 * tried again ({@value RedisConnectionBuilder#DEFAULT_ATTEMPTS} times in all by default). Nothing
 * else ever is: where a reply was lost the caller gets an {@link
 * dev.tandem.api.error.OutcomeUnknownException} and decides.
 *
 * <p><b>Failures.</b> A circuit breaker refuses calls at once after repeated connection failures.
 * {@link #state()} is {@link LifecycleState#RECOVERING} from the first failure to the next success;
 * {@link #health()} goes by replies, not by sockets.
 *
 * <p><b>Nodes of a Cluster.</b> Each has a circuit breaker of its own: one that is away fails the
 * calls for its keys, soon at once, and nobody else's. A call without a key may go to any node, and
 * fails if none is there. A pipeline for several nodes is sent to one after the other, so one that
 * is away delays it until that node's breaker is open. The state is RECOVERING until each node that
 * failed a call has answered one, or has left the Cluster. With a Jedis client of yours, a slot's
 * node is known from the first connection to it on.
 *
 * <p><b>Threads.</b> Calls run on the caller's thread over a bounded pool.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class RedisConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);

  private final ConnectionCore core;
  private final Lifecycle lifecycle;
  private final MetricRegistry metrics;
  private final boolean hashTags;
  private final boolean enforcesQuotas;
  private final @Nullable AuditTrail audit;
  private volatile @Nullable ServerCapabilities capabilities;

  private RedisConnection(
      ConnectionCore core,
      Lifecycle lifecycle,
      MetricRegistry metrics,
      boolean hashTags,
      boolean enforcesQuotas,
      @Nullable AuditTrail audit) {
    this.core = core;
    this.lifecycle = lifecycle;
    this.metrics = metrics;
    this.hashTags = hashTags;
    this.enforcesQuotas = enforcesQuotas;
    this.audit = audit;
  }

  /**
   * Connects to one server, such as {@code redis://localhost:6379}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the URL breaks its form
   * @throws dev.tandem.api.error.UnavailableException if the server cannot be reached
   */
  public static RedisConnection connect(String url) {
    return builder().url(url).build();
  }

  /**
   * Connects to what {@code REDIS_URL}, or {@code REDIS_HOST}, {@code REDIS_PORT}, {@code
   * REDIS_USERNAME}, {@code REDIS_PASSWORD} and {@code REDIS_DB} name; to localhost if none is set.
   */
  public static RedisConnection fromEnvironment() {
    return fromEnvironment(System.getenv());
  }

  /** Like {@link #fromEnvironment()}, with these variables instead of the process's. */
  public static RedisConnection fromEnvironment(Map<String, String> environment) {
    return builder().url(RedisUrl.fromEnvironment(environment)).build();
  }

  /** Connects to the primary that these Sentinels, given as URLs, name. */
  public static RedisConnection sentinel(String primaryName, String... sentinels) {
    return builder().sentinel(primaryName, sentinels).build();
  }

  /** Connects to a Cluster, found through any of these nodes, given as URLs. */
  public static RedisConnection cluster(String... nodes) {
    return builder().cluster(nodes).build();
  }

  /** Uses a Jedis client that you own and that is never closed from here. */
  public static RedisConnection using(UnifiedJedis client) {
    return builder().client(client).build();
  }

  /** Everything that can be set. */
  public static RedisConnectionBuilder builder() {
    return new RedisConnectionBuilder();
  }

  static RedisConnection open(
      ConnectionSettings settings,
      boolean hashTags,
      boolean enforcesQuotas,
      @Nullable AuditHook hook,
      boolean lazy) {
    Lifecycle lifecycle = new Lifecycle("Redis connection", LOG::warn);
    lifecycle.moveTo(LifecycleState.STARTING);
    ConnectionCore core = Connector.connect(settings, lifecycle);
    RedisConnection connection =
        new RedisConnection(
            core,
            lifecycle,
            settings.metrics(),
            hashTags || core.isCluster(),
            enforcesQuotas,
            hook == null
                ? null
                : new AuditTrail(
                    hook, settings.clientName(), settings.clock(), settings.metrics()));
    try {
      if (!lazy) {
        LOG.info("connected to {}: {}", core.endpoint(), connection.capabilities());
      }
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
      return connection;
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Sends single commands and pipelines over the pool. */
  public CommandExecutor commands() {
    return core.executor();
  }

  /**
   * Sends a command without a key to every node of a Cluster, replicas too, one after the other;
   * where there is one server (or the primary behind Sentinels), to that one. For what each node
   * keeps for itself, such as users.
   *
   * @return for each node what it answered, or what went wrong there
   */
  public List<NodeReply> executeOnEveryNode(Command command) {
    return core.executeOnEveryNode(command);
  }

  /**
   * Sends a command without a key to one node of a Cluster; where there is one server, to that. For
   * what each node tells of itself, such as its keys.
   *
   * @param node its address, as {@link NodeReply#node} has it
   * @return the raw reply (see {@link Replies})
   * @throws dev.tandem.api.error.MessagingException as {@link CommandExecutor#execute} does
   */
  public @Nullable Object executeOn(String node, Command command) {
    return core.executeOn(node, command);
  }

  /** For batches one behind the other over the pool, by one thread. */
  public Pipeline openPipeline() {
    return core.pipeline();
  }

  /**
   * Opens a connection for one owner.
   *
   * @param routingKey decides the node of a Cluster; null for any
   * @param replyTimeout how long a reply may take; above the time that a blocking command blocks
   * @throws dev.tandem.api.error.UnavailableException if it cannot be made, or a given client has
   *     none free
   */
  public DedicatedLink openDedicated(@Nullable RedisKey routingKey, Duration replyTimeout) {
    Require.inRange("replyTimeout", replyTimeout, Duration.ofMillis(1), Duration.ofDays(1));
    return core.dedicated(routingKey, replyTimeout);
  }

  /**
   * Opens a connection for subscribing.
   *
   * @throws dev.tandem.api.error.UnavailableException if it cannot be made
   */
  public SubscriberLink openSubscriber() {
    return core.subscriber();
  }

  /**
   * What the server can do; asked once, on first use if {@link RedisConnectionBuilder#lazy}. A user
   * who may not ask is told of no feature.
   */
  public ServerCapabilities capabilities() {
    ServerCapabilities known = capabilities;
    if (known == null) {
      known = CapabilityProbe.ask(core.executor());
      capabilities = known;
    }
    return known;
  }

  /** The server's clock, to the microsecond, as it was when it replied; any node's of a Cluster. */
  public Instant serverTime() {
    List<@Nullable Object> reply =
        Replies.list(commands().execute(Command.of("TIME").repeatable()));
    long micros = Replies.number(reply.get(1));
    return Instant.ofEpochSecond(Replies.number(reply.get(0)), micros * 1_000);
  }

  /** Whether this is a Cluster. */
  public boolean isCluster() {
    return core.isCluster();
  }

  /** Whether keys carry the tenant as a hash tag. */
  public boolean usesHashTags() {
    return hashTags;
  }

  /** Whether what is built on this connection keeps tenants within their quotas. */
  public boolean enforcesQuotas() {
    return enforcesQuotas;
  }

  /** Where what is built on this connection says what was published; null if nobody asks. */
  public @Nullable AuditTrail audit() {
    return audit;
  }

  /** The address, without credentials. */
  public String endpoint() {
    return core.endpoint();
  }

  /** Where this connection and what is built on it report their metrics. */
  public MetricRegistry metrics() {
    return metrics;
  }

  /**
   * What the names of this connection's metrics begin with: {@code tandem.redis.} and its client
   * name, followed by {@code -2}, {@code -3} … where the registry has another open connection of
   * that name. They are removed by {@link #close()}.
   *
   * <table>
   * <caption>Metrics of a connection</caption>
   * <tr><th>name</th><th>kind</th><th>what it tells</th></tr>
   * <tr><td>{@code .round-trips}</td><td>timer</td><td>requests over the pool, from writing to the
   *     last reply; a pipeline is one</td></tr>
   * <tr><td>{@code .repeats}</td><td>gauge</td><td>calls tried again</td></tr>
   * <tr><td>{@code .connection-failures}</td><td>gauge</td><td>times a connection could not be had
   *     or broke under a request</td></tr>
   * <tr><td>{@code .pool.active}</td><td>gauge</td><td>pooled connections in use</td></tr>
   * <tr><td>{@code .pool.idle}</td><td>gauge</td><td>pooled connections waiting</td></tr>
   * <tr><td>{@code .circuit-breaker}</td><td>gauge</td><td>{@code CLOSED}, {@code OPEN} or {@code
   *     HALF_OPEN}; of a Cluster {@code OPEN} if one node's is, otherwise {@code HALF_OPEN} if one
   *     is</td></tr>
   * </table>
   */
  public String metricsPrefix() {
    return core.metricsPrefix();
  }

  /**
   * How the connection is doing: DOWN while the circuit breaker is open (on a Cluster, those of all
   * nodes that were called) and when it is closed; DEGRADED while the last call failed (on a
   * Cluster, the last one to some node, which the detail names); otherwise UP.
   */
  public Health health() {
    return core.health();
  }

  /** What it has done so far. */
  public ConnectionStats stats() {
    return new ConnectionStats(
        core.roundTrips(),
        core.connectionFailures(),
        core.activeConnections(),
        core.idleConnections(),
        core.isBreakerOpen());
  }

  /** The present state. */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(listener);
  }

  /**
   * Closes the pool. Later calls get a {@link dev.tandem.api.error.ClosedException}; a client that
   * was given stays open. Repeated calls do nothing.
   */
  @Override
  public void close() {
    core.close();
    if (audit != null) {
      audit.close();
    }
  }
}
