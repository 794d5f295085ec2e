package dev.tandem.redis;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.audit.AuditHook;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.internal.ConnectionSettings;
import dev.tandem.redis.internal.RedisUrl;
import dev.tandem.redis.internal.RetrySettings;
import dev.tandem.redis.internal.Target;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.UnifiedJedis;

/**
 * Says where Redis is and how to talk to it. Every option has a default; a value out of range is
 * refused at once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 */
public final class RedisConnectionBuilder {
  /** How long making a connection may take: 2 s. */
  public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** How long a reply may take: 5 s. */
  public static final Duration DEFAULT_REPLY_TIMEOUT = Duration.ofSeconds(5);

  /** The most pooled connections to one node: {@value}. */
  public static final int DEFAULT_POOL_SIZE = 16;

  /** How long a call may wait for a free pooled connection: 2 s. */
  public static final Duration DEFAULT_POOL_WAIT = Duration.ofSeconds(2);

  /** How often a harmless call is tried, the first time included: {@value}. */
  public static final int DEFAULT_ATTEMPTS = 3;

  /** The wait after the first failure, doubled after each further one: 100 ms. */
  public static final Duration DEFAULT_RETRY_DELAY = Duration.ofMillis(100);

  /** The calls that the circuit breaker judges by: {@value}. */
  public static final int DEFAULT_BREAKER_WINDOW = 20;

  /** How long an open circuit breaker refuses before it tries again: 1 s. */
  public static final Duration DEFAULT_BREAKER_WAIT = Duration.ofSeconds(1);

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private @Nullable Target target;
  private @Nullable String user;
  private @Nullable String password;
  private @Nullable SslOptions sslOptions;
  private String clientName = "tandem";
  private Duration connectTimeout = DEFAULT_CONNECT_TIMEOUT;
  private Duration replyTimeout = DEFAULT_REPLY_TIMEOUT;
  private int poolSize = DEFAULT_POOL_SIZE;
  private Duration poolWait = DEFAULT_POOL_WAIT;
  private int attempts = DEFAULT_ATTEMPTS;
  private Duration retryDelay = DEFAULT_RETRY_DELAY;
  private int breakerWindow = DEFAULT_BREAKER_WINDOW;
  private Duration breakerWait = DEFAULT_BREAKER_WAIT;
  private boolean hashTags;
  private boolean enforcesQuotas;
  private @Nullable AuditHook audit;
  private boolean lazy;
  private MetricRegistry metrics = new MetricRegistry();
  private Clock clock = Clock.systemUTC();

  RedisConnectionBuilder() {}

  /**
   * One server, as {@code redis://[user:password@]host[:port][/database]} or {@code rediss://…} for
   * TLS. Special characters of user and password are percent-encoded; an IPv6 address stands in
   * brackets; the port is 6379 and the database 0 unless said otherwise.
   *
   * @throws InvalidValueException if the URL breaks that form; the error shows no password
   */
  public RedisConnectionBuilder url(String url) {
    return target(new Target.Single(RedisUrl.parse(url)));
  }

  /**
   * The primary that these Sentinels name. They are asked for it in {@link #build()}, also if
   * {@link #lazy}.
   *
   * <p>User and password of the URLs are those of the Sentinels and must be the same for all; those
   * of the primary are given by {@link #credentials}. The database is that of the first URL; TLS is
   * spoken with the primary if it is with the Sentinels.
   *
   * @param primaryName the name that the Sentinels watch it under
   * @param sentinels their addresses as URLs
   */
  public RedisConnectionBuilder sentinel(String primaryName, String... sentinels) {
    Require.text("primary name", primaryName, 1, 256);
    return target(new Target.Sentinel(primaryName, urls("sentinels", sentinels)));
  }

  /**
   * A Cluster, found through any of these nodes in {@link #build()}, also if {@link #lazy}. User,
   * password and TLS are the same for all nodes; a Cluster has no database but 0.
   *
   * @param nodes some of its nodes as URLs
   */
  public RedisConnectionBuilder cluster(String... nodes) {
    List<RedisUrl> urls = urls("nodes", nodes);
    for (RedisUrl url : urls) {
      if (url.database() != 0) {
        throw new InvalidValueException("node", url, "must name no database in a Cluster");
      }
    }
    return target(new Target.Cluster(urls));
  }

  /**
   * A Jedis client that you own: {@code RedisClient}, {@code RedisSentinelClient} or {@code
   * RedisClusterClient}. It is never closed from here, and its own timeouts and pool apply: workers
   * and subscribers hold connections of that pool for as long as they run, so it must be large
   * enough, and its protocol, credentials and TLS are yours to set. Its idle connections are left
   * alone, so after a restart of the server each of them may fail one call.
   *
   * @throws InvalidValueException if it is of another kind
   */
  public RedisConnectionBuilder client(UnifiedJedis client) {
    return target(new Target.Given(Require.notNull("client", client)));
  }

  /** The ACL user and password; they win over those of a URL. Never logged or shown. */
  public RedisConnectionBuilder credentials(String user, String password) {
    this.user = Require.text("user", user, 1, 1_024);
    this.password = Require.notNull("password", password);
    return this;
  }

  /** Speaks TLS with the platform's trust and checks the host name, as {@code rediss://} does. */
  public RedisConnectionBuilder tls() {
    return tls(SslOptions.defaults());
  }

  /** Speaks TLS with these stores and checks: own trust, client certificates. */
  public RedisConnectionBuilder tls(SslOptions options) {
    this.sslOptions = Require.notNull("options", options);
    return this;
  }

  /** The name shown by {@code CLIENT LIST}; no blanks. Default {@code tandem}. */
  public RedisConnectionBuilder clientName(String clientName) {
    if (!Require.text("clientName", clientName, 1, 128).chars().allMatch(c -> c > 32 && c < 127)) {
      throw new InvalidValueException(
          "clientName", clientName, "must be printable ASCII without blanks");
    }
    this.clientName = clientName;
    return this;
  }

  /**
   * How long each step of making a connection may take: opening it, and each reply while it is set
   * up. Default {@link #DEFAULT_CONNECT_TIMEOUT}.
   */
  public RedisConnectionBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Require.inRange("connectTimeout", timeout, SHORTEST, LONGEST);
    return this;
  }

  /** How long a reply may take. Default {@link #DEFAULT_REPLY_TIMEOUT}. */
  public RedisConnectionBuilder replyTimeout(Duration timeout) {
    this.replyTimeout = Require.inRange("replyTimeout", timeout, SHORTEST, LONGEST);
    return this;
  }

  /** The most pooled connections to one node. Default {@value #DEFAULT_POOL_SIZE}. */
  public RedisConnectionBuilder poolSize(int connections) {
    this.poolSize = Require.inRange("poolSize", connections, 1, 10_000);
    return this;
  }

  /**
   * How long a call may wait for a pooled connection; then it fails with an {@link
   * dev.tandem.api.error.UnavailableException}, is not repeated, and counts neither as a failure of
   * the server nor for the circuit breaker. Default {@link #DEFAULT_POOL_WAIT}.
   */
  public RedisConnectionBuilder poolWait(Duration wait) {
    this.poolWait = Require.inRange("poolWait", wait, SHORTEST, LONGEST);
    return this;
  }

  /**
   * How often a call is tried that was not executed for certain or may be done twice, and the wait
   * after the first failure, doubled after each further one. Nothing else is ever repeated.
   * Defaults {@value #DEFAULT_ATTEMPTS} and {@link #DEFAULT_RETRY_DELAY}.
   */
  public RedisConnectionBuilder retry(int attempts, Duration firstDelay) {
    this.attempts = Require.inRange("retry attempts", attempts, 1, 100);
    this.retryDelay = Require.inRange("retry delay", firstDelay, SHORTEST, Duration.ofMinutes(1));
    return this;
  }

  /**
   * The circuit breaker: it opens when half of the last so many calls (or of at least half as many)
   * have failed with connection errors, refuses for so long, and closes when the next two calls get
   * through. Each node of a Cluster has its own. Defaults {@value #DEFAULT_BREAKER_WINDOW} and
   * {@link #DEFAULT_BREAKER_WAIT}.
   */
  public RedisConnectionBuilder circuitBreaker(int window, Duration wait) {
    this.breakerWindow = Require.inRange("breaker window", window, 2, 10_000);
    this.breakerWait = Require.inRange("breaker wait", wait, SHORTEST, LONGEST);
    return this;
  }

  /**
   * Writes keys in the form that a Cluster needs ({@code tenant:{name}:…}) on a single server too,
   * ahead of a move. Every program that shares the data must choose the same. Always on for a
   * Cluster.
   */
  public RedisConnectionBuilder hashTags() {
    this.hashTags = true;
    return this;
  }

  /**
   * Keeps tenants within the quotas that are set for them: whatever is built on this connection
   * refuses what exceeds them, except relays of an outbox, whose messages are committed already.
   * Every program that writes for tenants or subscribes for them should choose the same. Off by
   * default: then nothing is refused, and nothing is asked before something is sent. Two quotas
   * hold either way, for the scripts that write look at them: dead letters, and the length of
   * streams for scheduled messages.
   */
  public RedisConnectionBuilder enforceQuotas() {
    this.enforcesQuotas = true;
    return this;
  }

  /**
   * Is told of every message that is published over this connection: see {@link AuditHook}. By
   * default nobody is, and nothing is spent on it.
   */
  public RedisConnectionBuilder audit(AuditHook hook) {
    this.audit = Require.notNull("audit hook", hook);
    return this;
  }

  /**
   * Does not ask the server anything yet: {@code build()} succeeds while Redis is away, and the
   * state is RUNNING until a call shows otherwise. For one server or a given client.
   */
  public RedisConnectionBuilder lazy() {
    this.lazy = true;
    return this;
  }

  /**
   * Where metrics go, of the modules on this connection too; named as {@link
   * RedisConnection#metricsPrefix()} says. Default: a registry of its own.
   */
  public RedisConnectionBuilder metrics(MetricRegistry metrics) {
    this.metrics = Require.notNull("metrics", metrics);
    return this;
  }

  /** The clock for health and for the circuit breaker's wait. Default: the system's. */
  public RedisConnectionBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /**
   * Connects, and asks the server what it can do (unless {@link #lazy}).
   *
   * @throws InvalidValueException if no address was given
   * @throws dev.tandem.api.error.UnavailableException if the server cannot be reached
   * @throws dev.tandem.api.error.ServerErrorException if it refuses the credentials
   */
  public RedisConnection build() {
    ConnectionSettings settings =
        new ConnectionSettings(
            Require.notNull("address (url, sentinel, cluster or client)", target),
            user,
            password,
            sslOptions,
            clientName,
            connectTimeout,
            replyTimeout,
            poolSize,
            poolWait,
            new RetrySettings(attempts, retryDelay),
            breakerWindow,
            breakerWait,
            metrics,
            clock);
    return RedisConnection.open(settings, hashTags, enforcesQuotas, audit, lazy);
  }

  RedisConnectionBuilder url(RedisUrl url) {
    return target(new Target.Single(url));
  }

  private RedisConnectionBuilder target(Target target) {
    if (this.target != null) {
      throw new InvalidValueException(
          "address", target, "only one of url, sentinel, cluster and client may be given");
    }
    this.target = target;
    return this;
  }

  private static List<RedisUrl> urls(String what, String... urls) {
    if (urls.length == 0) {
      throw new InvalidValueException(what, "none", "at least one URL must be given");
    }
    List<RedisUrl> all = Arrays.stream(urls).map(RedisUrl::parse).toList();
    RedisUrl first = all.get(0);
    for (RedisUrl url : all) {
      if (url.tls() != first.tls()
          || !Objects.equals(url.user(), first.user())
          || !Objects.equals(url.password(), first.password())) {
        throw new InvalidValueException(
            what, all, "must agree in user, password and TLS; one set is used for all");
      }
    }
    return all;
  }
}
