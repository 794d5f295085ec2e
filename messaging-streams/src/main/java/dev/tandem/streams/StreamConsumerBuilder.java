package dev.tandem.streams;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.consume.ConsumerCore;
import dev.tandem.streams.internal.consume.ConsumerSettings;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.Names;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link StreamConsumer}. A group must be given.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class StreamConsumerBuilder {
  /** The most deliveries held unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_HELD = 1_000;

  /** The most deliveries that may be held: {@value}. */
  public static final int MOST_HELD = 100_000;

  private static final String DEFAULT_PREFIX = "consumer";

  private final RedisConnection redis;
  private @Nullable String group;
  private String consumerPrefix = DEFAULT_PREFIX;
  private Duration lease = StreamWorkerBuilder.DEFAULT_LEASE;
  private RetryPolicy retry = StreamWorkerBuilder.DEFAULT_RETRY;
  private StartPosition startFrom = StartPosition.BEGINNING;
  private int maxHeld = DEFAULT_MAX_HELD;
  private boolean autoRenew = true;
  private Duration drainTimeout = StreamWorkerBuilder.DEFAULT_DRAIN;
  private Clock clock = Clock.systemUTC();
  private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  StreamConsumerBuilder(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
  }

  /** The consumer group; its name follows {@link Names}. */
  public StreamConsumerBuilder group(String group) {
    this.group = Names.check("group", group);
    return this;
  }

  /**
   * What the consumer's name begins with, up to {@value ConsumerName#LONGEST_PREFIX} characters as
   * in {@link Names}; {@value #DEFAULT_PREFIX} by default. What follows makes the name different
   * for every consumer ever built.
   */
  public StreamConsumerBuilder consumerName(String prefix) {
    this.consumerPrefix = ConsumerName.checkPrefix(prefix);
    return this;
  }

  /**
   * How long a silent consumer keeps what it holds, {@link StreamWorkerBuilder#SHORTEST_LEASE} to
   * {@link StreamWorkerBuilder#LONGEST_LEASE}; {@link StreamWorkerBuilder#DEFAULT_LEASE} by
   * default. Should be the same for all members of a group.
   */
  public StreamConsumerBuilder lease(Duration lease) {
    this.lease =
        Require.inRange(
            "lease", lease, StreamWorkerBuilder.SHORTEST_LEASE, StreamWorkerBuilder.LONGEST_LEASE);
    return this;
  }

  /**
   * When {@link HeldDelivery#retry()} has messages delivered again, and after how many deliveries
   * they are given up; {@link StreamWorkerBuilder#DEFAULT_RETRY} by default.
   */
  public StreamConsumerBuilder retry(RetryPolicy retry) {
    this.retry = Require.notNull("retry", retry);
    return this;
  }

  /** Where a group begins that does not exist yet; {@link StartPosition#BEGINNING} by default. */
  public StreamConsumerBuilder startFrom(StartPosition startFrom) {
    this.startFrom = Require.notNull("startFrom", startFrom);
    return this;
  }

  /**
   * The most deliveries held and not settled, of all topics together, 1 to {@value #MOST_HELD};
   * {@value #DEFAULT_MAX_HELD} by default. Only what a lost reply delivered may exceed it. What is
   * known to belong to another consumer by now does not count.
   */
  public StreamConsumerBuilder maxHeld(int maxHeld) {
    this.maxHeld = Require.inRange("maxHeld", maxHeld, 1, MOST_HELD);
    return this;
  }

  /**
   * Whether leases are renewed in the background, by default yes; otherwise by {@link
   * HeldDelivery#extend} only. What is neither extended nor settled in time is then delivered
   * again, to any consumer that polls, this one included.
   */
  public StreamConsumerBuilder autoRenew(boolean autoRenew) {
    this.autoRenew = autoRenew;
    return this;
  }

  /**
   * How long {@link StreamConsumer#close()} may take, zero to one day; {@link
   * StreamWorkerBuilder#DEFAULT_DRAIN} by default.
   */
  public StreamConsumerBuilder drainTimeout(Duration drainTimeout) {
    this.drainTimeout =
        Require.inRange("drainTimeout", drainTimeout, Duration.ZERO, Duration.ofDays(1));
    return this;
  }

  /** The clock that {@link StreamConsumer#health()} tells the time by; the system's by default. */
  public StreamConsumerBuilder clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /** Where jitter comes from; must be safe for use by many threads. */
  public StreamConsumerBuilder random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * The consumer, ready for use.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the group is missing
   */
  public StreamConsumer build() {
    return new StreamConsumer(
        new ConsumerCore(
            new ConsumerSettings(
                redis,
                Require.notNull("group", group),
                ConsumerName.unique(consumerPrefix),
                lease,
                retry,
                startFrom,
                maxHeld,
                autoRenew,
                drainTimeout,
                clock,
                random)));
  }
}
