package dev.tandem.redis.internal;

import com.codahale.metrics.MetricRegistry;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.SslOptions;

/**
 * The options of a connection, checked, as {@link dev.tandem.redis.RedisConnectionBuilder} names
 * them.
 */
public record ConnectionSettings(
    Target target,
    @Nullable String user,
    @Nullable String password,
    @Nullable SslOptions sslOptions,
    String clientName,
    Duration connectTimeout,
    Duration replyTimeout,
    int poolSize,
    Duration poolWait,
    RetrySettings retry,
    int breakerWindow,
    Duration breakerWait,
    MetricRegistry metrics,
    Clock clock) {

  /** Where it points; the rest may be secret. */
  @Override
  public String toString() {
    return "ConnectionSettings[" + target.getClass().getSimpleName() + "]";
  }
}
