package dev.tandem.redis.internal;

import dev.tandem.api.lifecycle.Lifecycle;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.providers.ClusterConnectionProvider;
import redis.clients.jedis.providers.SentineledConnectionProvider;
import redis.clients.jedis.util.Pool;

/** Makes the sources that settings ask for. */
public final class Connector {
  private static final Duration IDLE_CHECK = Duration.ofSeconds(30);

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
            .build();
    return new ConnectionCore(
        new Connector(settings).source(),
        settings.retry(),
        breaker,
        settings.metrics(),
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
    JedisClientConfig config = config(url);
    Pool<Connection> pool = new ConnectionPool(url.hostAndPort(), config, poolConfig());
    return new PooledSource(() -> pool, url::hostAndPort, config, url.toString(), pool::close);
  }

  private ConnectionSource sentinel(Target.Sentinel sentinel) {
    RedisUrl first = sentinel.sentinels().get(0);
    JedisClientConfig config = config(first);
    JedisClientConfig sentinelConfig =
        timeouts(DefaultJedisClientConfig.builder()).clientName(settings.clientName()).build();
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
          endpoint,
          provider::close);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(endpoint, e);
    }
  }

  private ConnectionSource cluster(Target.Cluster cluster) {
    JedisClientConfig config = config(cluster.nodes().get(0));
    String endpoint = "cluster " + cluster.nodes();
    try {
      return new ClusterSource(
          new ClusterConnectionProvider(addresses(cluster.nodes()), config, poolConfig()),
          config,
          endpoint);
    } catch (JedisException e) {
      throw ErrorTranslation.notSent(endpoint, e);
    }
  }

  private JedisClientConfig config(RedisUrl url) {
    DefaultJedisClientConfig.Builder config =
        timeouts(DefaultJedisClientConfig.builder())
            .resp2()
            .clientName(settings.clientName())
            .database(url.database());
    String user = settings.user() != null ? settings.user() : url.user();
    String password = settings.password() != null ? settings.password() : url.password();
    if (user != null) {
      config.user(user);
    }
    if (password != null) {
      config.password(password);
    }
    if (settings.sslOptions() != null) {
      config.sslOptions(settings.sslOptions());
    } else if (url.tls()) {
      config.sslOptions(SslOptions.defaults());
    }
    return config.build();
  }

  private DefaultJedisClientConfig.Builder timeouts(DefaultJedisClientConfig.Builder config) {
    int reply = Math.toIntExact(settings.replyTimeout().toMillis());
    return config
        .connectionTimeoutMillis(Math.toIntExact(settings.connectTimeout().toMillis()))
        .socketTimeoutMillis(reply)
        .blockingSocketTimeoutMillis(reply);
  }

  private GenericObjectPoolConfig<Connection> poolConfig() {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(settings.poolSize());
    pool.setMaxIdle(settings.poolSize());
    pool.setMaxWait(settings.poolWait());
    pool.setTestWhileIdle(true);
    pool.setTimeBetweenEvictionRuns(IDLE_CHECK);
    pool.setJmxEnabled(false);
    return pool;
  }

  private static Set<HostAndPort> addresses(List<RedisUrl> urls) {
    return urls.stream().map(RedisUrl::hostAndPort).collect(Collectors.toSet());
  }
}
