package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.subscribe.CatchUpThreads;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.internal.quota.SubscriptionQuota;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link HybridSubscriber}.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class HybridSubscriberBuilder {
  /** How many threads read streams unless said otherwise: {@value}. */
  public static final int DEFAULT_CATCH_UP_THREADS = 8;

  private final RedisConnection redis;
  private final LiveBus bus;
  private int catchUpThreads = DEFAULT_CATCH_UP_THREADS;
  private @Nullable Executor executor;
  private RandomGenerator random = new SecureRandom();

  HybridSubscriberBuilder(RedisConnection redis, LiveBus bus) {
    this.redis = Require.notNull("redis", redis);
    this.bus = Require.notNull("bus", bus);
  }

  /**
   * How many subscriptions read their streams at the same time, 1 to 256: the most threads, begun
   * when needed, each with a page of up to 256 entries and about 1 MiB. While a listener blocks it
   * occupies one. Default {@value #DEFAULT_CATCH_UP_THREADS}.
   */
  public HybridSubscriberBuilder catchUpThreads(int most) {
    this.catchUpThreads = Require.inRange("catchUpThreads", most, 1, 256);
    return this;
  }

  /**
   * Reads streams and calls listeners with what they hold, in place of threads of our own; never
   * closed by us. It must run tasks on other threads than the caller's and take them without
   * blocking; what it refuses by throwing is offered again. Live messages are delivered by the
   * bus's executor.
   */
  public HybridSubscriberBuilder executor(Executor executor) {
    this.executor = Require.notNull("executor", executor);
    return this;
  }

  /** The jitter of pauses, and names; must be safe for many threads. Default: a secure one. */
  public HybridSubscriberBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /** The subscriber, ready. Nothing is sent before the first call. */
  public HybridSubscriber build() {
    return new HybridSubscriber(
        redis,
        bus,
        new CatchUpThreads(executor, catchUpThreads, random),
        SubscriptionQuota.of(redis, System::nanoTime, new Nonces(random)::next));
  }
}
