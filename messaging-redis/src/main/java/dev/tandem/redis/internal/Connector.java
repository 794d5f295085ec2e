package dev.tandem.redis.internal;

import dev.tandem.api.lifecycle.Lifecycle;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultRedisCredentials;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisCredentials;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.providers.ClusterConnectionProvider;
import redis.clients.jedis.providers.SentineledConnectionProvider;
import redis.clients.jedis.util.Pool;

/** Makes the sources that settings ask for. */
public final class Connector {
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

  /** The breaker judges by failures alone: how long a reply may take is a timeout of its own. */
  private static final Duration NEVER_SLOW = Duration.ofDays(1);

  private final ConnectionSettings settings;

  private Connector(ConnectionSettings settings) {
    this.settings = settings;
  }

  /** A core for these settings; single servers and given clients are not contacted yet. */
  public static ConnectionCore connect(ConnectionSettings settings, Lifecycle lifecycle) {
    CircuitBreakerConfig breaker =
        CircuitBreakerConfig.custom()
            .slidingWindowSize(settings.breakerWindow())
            .minimumNumberOfCalls(Math.max(2, settings.breakerWindow() / 2))
            .failureRateThreshold(50)
            .waitDurationInOpenState(settings.breakerWait())
            .permittedNumberOfCallsInHalfOpenState(2)
            .slowCallDurationThreshold(NEVER_SLOW)
            .clock(settings.clock())
            .build();
    return new ConnectionCore(
        new Connector(settings).source(),
        settings.retry(),
        breaker,
        settings.metrics(),
        settings.clientName(),
        settings.clock(),
        lifecycle);
  }

  private ConnectionSource source() {
    Target target = settings.target();
    if (target instanceof Target.Single single) {
      return single(single.url());
    }
    if (target instanceof Target.Sentinel sentinel) {
      return sentinel(sentinel);
    }
    if (target instanceof Target.Cluster cluster) {
      return cluster(cluster);
    }
    return new BorrowedClientSource(((Target.Given) target).client());
  }

  private ConnectionSource single(RedisUrl url) {
    JedisClientConfig config = config(url, url.database());
    Pool<Connection> pool = new SingleServerPool(url.hostAndPort(), config, poolConfig());
    return new PooledSource(
        () -> pool, url::hostAndPort, config, replyTimeout(), url.toString(), pool::close);
  }

  /**
   * User, password and database of the URLs are the Sentinels'; the primary's are the builder's.
   */
  private ConnectionSource sentinel(Target.Sentinel sentinel) {
    RedisUrl first = sentinel.sentinels().get(0);
    JedisClientConfig config = config(first.withoutCredentials(), first.database());
    JedisClientConfig sentinelConfig =
        base(first).credentials(credentials(first.user(), first.password())).build();
    String endpoint = "sentinel " + sentinel.primaryName() + " by " + sentinel.sentinels();
    try {
      SentineledConnectionProvider provider =
          new SentineledConnectionProvider(
              sentinel.primaryName(),
              config,
              poolConfig(),
              addresses(sentinel.sentinels()),
              sentinelConfig);
      return new PooledSource(
          () -> provider.getPrimaryNodesConnectionMap().values().iterator().next(),
          provider::getCurrentMaster,
          config,
          replyTimeout(),
          endpoint,
          provider::close);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(endpoint, e);
    }
  }

  private ConnectionSource cluster(Target.Cluster cluster) {
    JedisClientConfig config = config(cluster.nodes().get(0), 0);
    String endpoint = "cluster " + cluster.nodes();
    try {
      return new ClusterSource(
          new ClusterConnectionProvider(addresses(cluster.nodes()), config, poolConfig()),
          config,
          replyTimeout(),
          endpoint);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(endpoint, e);
    }
  }

  private JedisClientConfig config(RedisUrl url, int database) {
    String user = settings.user() != null ? settings.user() : url.user();
    String password = settings.password() != null ? settings.password() : url.password();
    return base(url).resp2().database(database).credentials(credentials(user, password)).build();
  }

  private static RedisCredentials credentials(@Nullable String user, @Nullable String password) {
    return new DefaultRedisCredentials(user, password); // without a password, no login is made
  }

  /**
   * What connections to every kind of server have in common. Logging in counts as connecting, so
   * the connect timeout holds until a connection is first used; see {@link ReplyTimeout}.
   */
  private DefaultJedisClientConfig.Builder base(RedisUrl url) {
    int connect = Math.toIntExact(settings.connectTimeout().toMillis());
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder()
            .clientName(settings.clientName())
            .connectionTimeoutMillis(connect)
            .socketTimeoutMillis(connect);
    if (settings.sslOptions() != null) {
      config.sslOptions(settings.sslOptions());
    } else if (url.tls()) {
      config.sslOptions(SslOptions.defaults());
    }
    return config;
  }

  private ReplyTimeout replyTimeout() {
    return new ReplyTimeout(Math.toIntExact(settings.replyTimeout().toMillis()));
  }

  private GenericObjectPoolConfig<Connection> poolConfig() {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(settings.poolSize());
    pool.setMaxIdle(settings.poolSize());
    pool.setMaxWait(settings.poolWait());
    pool.setEvictionPolicy(new QuietIdleCheck());
    pool.setTimeBetweenEvictionRuns(IDLE_CHECK);
    pool.setJmxEnabled(false);
    return pool;
  }

  private static Set<HostAndPort> addresses(List<RedisUrl> urls) {
    return urls.stream().map(RedisUrl::hostAndPort).collect(Collectors.toSet());
  }
}
