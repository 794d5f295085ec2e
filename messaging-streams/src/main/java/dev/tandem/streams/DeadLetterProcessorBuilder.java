package dev.tandem.streams;

import com.codahale.metrics.Counter;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.dead.DeadStore;
import dev.tandem.streams.internal.dead.ProcessorRun;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link DeadLetterProcessor}. A tenant, a group and a handler must be given.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class DeadLetterProcessorBuilder {
  /** How long a letter is claimed unless said otherwise: 5 minutes. */
  public static final Duration DEFAULT_LEASE = Duration.ofMinutes(5);

  /** The shortest claim: 100 milliseconds. */
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  /** The longest claim: one day. */
  public static final Duration LONGEST_LEASE = Duration.ofDays(1);

  private final RedisConnection redis;
  private final String topicName;
  private @Nullable Tenant tenant;
  private @Nullable String group;
  private @Nullable DeadLetterHandler handler;
  private Duration lease = DEFAULT_LEASE;
  private int replaysPerSecond = ReplayOptions.DEFAULT_PER_SECOND;
  private int mostReplays = ReplayOptions.DEFAULT_MOST_REPLAYS;
  private long limit = Long.MAX_VALUE;

  DeadLetterProcessorBuilder(RedisConnection redis, String topicName) {
    this.redis = Require.notNull("redis", redis);
    this.topicName = Names.check("topic", topicName);
  }

  /** Whose dead letters. */
  public DeadLetterProcessorBuilder tenant(Tenant tenant) {
    this.tenant = Require.notNull("tenant", tenant);
    return this;
  }

  /** The group that gave them up. */
  public DeadLetterProcessorBuilder group(String group) {
    this.group = Names.check("group", group);
    return this;
  }

  /** What decides about each letter. */
  public DeadLetterProcessorBuilder handler(DeadLetterHandler handler) {
    this.handler = Require.notNull("handler", handler);
    return this;
  }

  /**
   * How long a letter is kept from other processors while the handler looks at it, {@link
   * #SHORTEST_LEASE} to {@link #LONGEST_LEASE}; longer than the handler ever takes. {@link
   * #DEFAULT_LEASE} by default.
   */
  public DeadLetterProcessorBuilder lease(Duration lease) {
    this.lease = Require.inRange("lease", lease, SHORTEST_LEASE, LONGEST_LEASE);
    return this;
  }

  /**
   * How many letters are replayed a second at most, 1 to {@value ReplayOptions#MOST_PER_SECOND};
   * {@value ReplayOptions#DEFAULT_PER_SECOND} by default.
   */
  public DeadLetterProcessorBuilder replaysPerSecond(int perSecond) {
    this.replaysPerSecond =
        Require.inRange("replaysPerSecond", perSecond, 1, ReplayOptions.MOST_PER_SECOND);
    return this;
  }

  /**
   * How often one message may be replayed, {@value ReplayOptions#DEFAULT_MOST_REPLAYS} times by
   * default; after that it is kept, whatever the handler decides, unless it decides to discard it.
   */
  public DeadLetterProcessorBuilder mostReplays(int mostReplays) {
    this.mostReplays = Require.inRange("mostReplays", mostReplays, 1, Integer.MAX_VALUE);
    return this;
  }

  /** After how many letters a run ends; no limit by default. */
  public DeadLetterProcessorBuilder limit(long limit) {
    this.limit = Require.inRange("limit", limit, 1, Long.MAX_VALUE);
    return this;
  }

  /**
   * The processor.
   *
   * @throws dev.tandem.api.error.InvalidValueException if tenant, group or handler is missing
   */
  public DeadLetterProcessor build() {
    DeadLetterHandler decides = Require.notNull("handler", handler);
    GroupKeys keys =
        KeyLayout.of(redis).stream(Require.notNull("tenant", tenant), topicName)
            .group(Require.notNull("group", group));
    DeadStore store = new DeadStore(redis, keys);
    ProcessorRun.Settings settings =
        new ProcessorRun.Settings(lease, replaysPerSecond, mostReplays, limit);
    Counter replayed = redis.metrics().counter(DeadLetters.REPLAYED);
    Counter discarded = redis.metrics().counter(DeadLetters.DISCARDED);
    return new DeadLetterProcessor(
        () -> new ProcessorRun(store, decides, settings, replayed, discarded));
  }
}
