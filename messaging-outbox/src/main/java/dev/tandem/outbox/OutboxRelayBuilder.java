package dev.tandem.outbox;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.outbox.internal.run.RelaySettings;
import dev.tandem.outbox.internal.store.Tables;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Names;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Describes an {@link OutboxRelay}. At least one route must be given.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class OutboxRelayBuilder {
  /** How long a relay's share is kept for it, unless said otherwise: 15 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(15);

  /** How often it looks for messages, unless said otherwise: every 100 milliseconds. */
  public static final Duration DEFAULT_POLL_INTERVAL = Duration.ofMillis(100);

  /** How many messages it takes at a time, unless said otherwise: {@value}. */
  public static final int DEFAULT_BATCH_SIZE = 500;

  /** How often a refused message is sent, unless said otherwise: 6 times, within some 6 seconds. */
  public static final RetryPolicy DEFAULT_RETRY =
      RetryPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(5)).maxDeliveries(6);

  private final RedisConnection redis;
  private final DataSource source;
  private final Map<String, OutboxRoute<?>> routes = new LinkedHashMap<>();
  private Tables tables = new Tables(OutboxSchema.DEFAULT_TABLE);
  private Duration lease = DEFAULT_LEASE;
  private Duration poll = DEFAULT_POLL_INTERVAL;
  private int batch = DEFAULT_BATCH_SIZE;
  private RetryPolicy retry = DEFAULT_RETRY;
  private Clock clock = Clock.systemUTC();
  private RandomGenerator random = new SecureRandom();
  private @Nullable String instanceId;

  OutboxRelayBuilder(RedisConnection redis, DataSource source) {
    this.redis = Require.notNull("redis", redis);
    this.source = Require.notNull("data source", source);
  }

  /**
   * Adds a route. A relay must have all those that messages are saved with: it sets aside what it
   * does not know.
   *
   * @throws InvalidValueException if it has one of this name
   */
  public OutboxRelayBuilder route(OutboxRoute<?> route) {
    if (routes.putIfAbsent(Require.notNull("route", route).name(), route) != null) {
      throw new InvalidValueException("outbox route", route.name(), "must be given once");
    }
    return this;
  }

  /** The outbox's table; {@link OutboxSchema#DEFAULT_TABLE} by default. */
  public OutboxRelayBuilder table(String table) {
    this.tables = new Tables(table);
    return this;
  }

  /**
   * How long, by the database's clock, other relays leave a relay's share to it when they hear
   * nothing of it, 1 second to 10 minutes; {@link #DEFAULT_LEASE} by default. So long, and a third
   * more, the messages of a relay that was killed wait. Shares are balanced every third of it. All
   * relays of an outbox should have the same.
   */
  public OutboxRelayBuilder lease(Duration lease) {
    this.lease = Require.inRange("lease", lease, Duration.ofSeconds(1), Duration.ofMinutes(10));
    return this;
  }

  /**
   * How often to look for messages while there are none, 1 millisecond to 1 minute; {@link
   * #DEFAULT_POLL_INTERVAL} by default. Each look is one short transaction.
   */
  public OutboxRelayBuilder pollInterval(Duration interval) {
    this.poll =
        Require.inRange("pollInterval", interval, Duration.ofMillis(1), Duration.ofMinutes(1));
    return this;
  }

  /** How many messages are taken at a time, 1 to 5,000; {@link #DEFAULT_BATCH_SIZE} by default. */
  public OutboxRelayBuilder batchSize(int messages) {
    this.batch = Require.inRange("batchSize", messages, 1, 5_000);
    return this;
  }

  /**
   * How often a message that the server refuses is sent until it is set aside, the first time
   * included; a policy's delivery is such a try. Does not concern times when the server is away, or
   * does not let the relay in. Of messages for the same route that come after one was set aside,
   * each gets one try until one gets through. The policy's classifier is asked on the relay's
   * thread. Default {@link #DEFAULT_RETRY}.
   */
  public OutboxRelayBuilder retry(RetryPolicy policy) {
    this.retry = Require.notNull("retry", policy);
    return this;
  }

  /**
   * What live messages say they come from; give the bus's, so that {@code excludeOwn()} skips them
   * too. Random by default.
   */
  public OutboxRelayBuilder instanceId(String instanceId) {
    this.instanceId = Names.check("instanceId", instanceId);
    return this;
  }

  /** The clock that {@link OutboxRelay#health()} tells the time by; the system's by default. */
  public OutboxRelayBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /**
   * Where nonces, the relay's name, the names under which calls are numbered and the jitter of
   * pauses come from. Two relays must not get the same numbers: each would take itself for the
   * other. Secure random by default.
   */
  public OutboxRelayBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * The relay, not started.
   *
   * @throws InvalidValueException if no route was given
   */
  public OutboxRelay build() {
    Require.inRange("number of routes", routes.size(), 1, Integer.MAX_VALUE);
    return new OutboxRelay(
        new RelaySettings(
            redis,
            source,
            tables,
            List.copyOf(routes.values()),
            lease,
            poll,
            batch,
            retry,
            instanceId,
            clock,
            random));
  }
}
