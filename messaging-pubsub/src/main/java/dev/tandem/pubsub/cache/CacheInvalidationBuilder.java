package dev.tandem.pubsub.cache;

import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/**
 * The options of a {@link CacheInvalidation}. Every option has a default; a value out of range is
 * refused at once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 *
 * @param <V> the values' type
 */
public final class CacheInvalidationBuilder<V> {
  /** For how long a read may miss an invalidation unless said otherwise: 5 s. */
  public static final Duration DEFAULT_MAX_STALENESS = Duration.ofSeconds(5);

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofHours(1);

  final LiveBus bus;
  final Tenant tenant;
  final ConcurrentMap<String, V> cache;
  Channel<String> channel;
  Duration maxStaleness = DEFAULT_MAX_STALENESS;
  boolean keepThroughReconnects;
  LongSupplier nanoTime = System::nanoTime;

  CacheInvalidationBuilder(
      LiveBus bus, Tenant tenant, String channel, ConcurrentMap<String, V> cache) {
    this.bus = Require.notNull("bus", bus);
    this.tenant = Require.notNull("tenant", tenant);
    this.cache = Require.notNull("cache", cache);
    this.channel = Channel.of(channel, Serde.json(String.class));
  }

  /**
   * For how long after an invalidation was taken by Redis another process may still read the old
   * value, whatever fails: 100 ms to 1 hour. Where Redis cannot be asked for longer than that,
   * reads go to the loader: a long time protects the database from that, a short one the readers
   * from old values. Redis is asked once in a fifth of it, at least every 5 s. Default {@link
   * #DEFAULT_MAX_STALENESS}.
   */
  public CacheInvalidationBuilder<V> maxStaleness(Duration staleness) {
    this.maxStaleness = Require.inRange("maxStaleness", staleness, SHORTEST, LONGEST);
    return this;
  }

  /**
   * How far back invalidations are recovered after an absence, see {@link Channel#recoverable}; who
   * missed more forgets all. Default as for {@link Channel#of}.
   */
  public CacheInvalidationBuilder<V> recoverable(Duration retention, int maxMessages) {
    this.channel = channel.recoverable(retention, maxMessages);
    return this;
  }

  /**
   * Keeps the values when the connection was lost and made again, and applies what was missed.
   * Right where Redis is a single server: on one with replicas, a failover may lose invalidations
   * that Redis had taken. Default: all is forgotten after each lost connection.
   */
  public CacheInvalidationBuilder<V> keepThroughReconnects() {
    this.keepThroughReconnects = true;
    return this;
  }

  CacheInvalidationBuilder<V> nanoTime(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    return this;
  }

  /**
   * The cache, emptied and subscribed; see {@link CacheInvalidation#ready}.
   *
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public CacheInvalidation<V> build() {
    return new CacheInvalidation<>(this);
  }
}
