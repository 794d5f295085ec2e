package dev.tandem.pubsub;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.Names;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link LiveBus}. Every option has a default; a value out of range is refused at
 * once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 */
public final class LiveBusBuilder {
  /** How often quiet channels are compared with Redis: 5 s. */
  public static final Duration DEFAULT_TAIL_CHECK_INTERVAL = Duration.ofSeconds(5);

  /** The silence after which the subscriber connection is tested: 10 s. */
  public static final Duration DEFAULT_PROBE_AFTER = Duration.ofSeconds(10);

  /**
   * How often a message is sent that does not get through: 10 times, with pauses from 100 ms
   * doubling to 2 s, of that half to all. In all 5 to 11 s and the connection's timeouts: enough
   * for a short failover.
   */
  public static final RetryPolicy DEFAULT_PUBLISH_RETRY =
      RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(2)).maxDeliveries(10);

  /** {@link BatchSettings#DEFAULT} with up to 4,096 messages in a batch: frames make them cheap. */
  public static final BatchSettings DEFAULT_BATCHING =
      BatchSettings.DEFAULT.batch(4_096, BatchSettings.DEFAULT.maxBytes());

  /** The longest instance id, in characters: {@value}. */
  public static final int MAX_INSTANCE_ID = 64;

  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofHours(1);

  final RedisConnection redis;
  @Nullable String instanceId;
  Duration tailCheckInterval = DEFAULT_TAIL_CHECK_INTERVAL;
  Duration probeAfter = DEFAULT_PROBE_AFTER;
  BatchSettings batching = DEFAULT_BATCHING;
  RetryPolicy publishRetry = DEFAULT_PUBLISH_RETRY;
  @Nullable Executor executor;
  Clock clock = Clock.systemUTC();
  LongSupplier nanoTime = System::nanoTime;
  RandomGenerator random = new SecureRandom();

  LiveBusBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /**
   * The name of this bus, which its messages bear and {@link SubscribeOptions#excludeOwn} goes by.
   * It must be unique among the running ones. Letters, digits, {@code -}, {@code _}, {@code .}; up
   * to {@value #MAX_INSTANCE_ID} characters. Default: random.
   */
  public LiveBusBuilder instanceId(String instanceId) {
    if (Names.check("instanceId", instanceId).length() > MAX_INSTANCE_ID) {
      throw new InvalidValueException(
          "instanceId", instanceId, "must be at most " + MAX_INSTANCE_ID + " characters long");
    }
    this.instanceId = instanceId;
    return this;
  }

  /**
   * How often channels that are quiet are compared with Redis: a message that was lost on the way,
   * with none behind it, is looked for after this time at the latest. From 10 ms to 1 hour. Default
   * {@link #DEFAULT_TAIL_CHECK_INTERVAL}.
   */
  public LiveBusBuilder tailCheckInterval(Duration interval) {
    this.tailCheckInterval = Require.inRange("tailCheckInterval", interval, SHORTEST, LONGEST);
    return this;
  }

  /**
   * After how much silence the subscriber connection is tested by a message to ourselves; if that
   * does not come back within the same time, the connection is made anew. So a dead connection is
   * noticed after two to two and a half times this. The user needs the permission for the channels
   * {@code tandem:probe:*}. From 10 ms to 1 hour. Default {@link #DEFAULT_PROBE_AFTER}.
   */
  public LiveBusBuilder probeAfter(Duration silence) {
    this.probeAfter = Require.inRange("probeAfter", silence, SHORTEST, LONGEST);
    return this;
  }

  /** The publisher's bounds. Default {@link #DEFAULT_BATCHING}. */
  public LiveBusBuilder batching(BatchSettings settings) {
    this.batching = Require.notNull("batching", settings);
    return this;
  }

  /**
   * How often a message is sent until it gets through, the first time included; a policy's delivery
   * is such a try. Only what cannot be published twice by that is sent again: what was not executed
   * for certain (no connection, a server that is loading, a replica, a moved slot), and on
   * recoverable channels also what may have been, since Redis knows it again there. Messages behind
   * it on the same channel wait, and the tries meanwhile count for them, too, until it gets
   * through: a channel that moves on gives all that waits there all its tries. The policy's
   * classifier is asked on the sending thread, or on that of a caller who waits. Default {@link
   * #DEFAULT_PUBLISH_RETRY}; {@link RetryPolicy#none()} for one try.
   */
  public LiveBusBuilder publishRetry(RetryPolicy policy) {
    this.publishRetry = Require.notNull("publishRetry", policy);
    return this;
  }

  /**
   * Runs listeners; never closed by the bus. It must run tasks on other threads than the caller's
   * and take them without blocking; what it refuses by throwing is offered again.
   *
   * <p>Default: a pool of the bus's own with as many threads as there are processors, 2 to 4, and
   * more while listeners block some of them: after a second each blocked thread is replaced, up to
   * 64 in all, and after 10 s the log names who blocks. When all are blocked, {@link
   * LiveBus#health} is degraded. Listeners that have always returned at once are also called by the
   * thread that reads the connection; up to 8 that then block have it replaced. For thousands of
   * listeners that block, give an executor that starts a virtual thread for each task: it runs all
   * of them.
   */
  public LiveBusBuilder executor(Executor executor) {
    this.executor = Require.notNull("executor", executor);
    return this;
  }

  /**
   * The clock that {@link LiveBus#health()} tells times by. Silence is measured by monotonic time.
   * Default: the system's.
   */
  public LiveBusBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /** Makes ids, nonces and jitter; must be safe for many threads. Default: a secure one. */
  public LiveBusBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /** The bus, running. Nothing is sent before the first call. */
  public LiveBus build() {
    return new LiveBus(this);
  }
}
