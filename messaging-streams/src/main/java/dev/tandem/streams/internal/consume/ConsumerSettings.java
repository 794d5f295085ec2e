package dev.tandem.streams.internal.consume;

import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.group.MemberSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** What a consumer was built with; checked by its builder. */
public record ConsumerSettings(
    RedisConnection redis,
    String group,
    String consumer,
    Duration lease,
    RetryPolicy retry,
    StartPosition startFrom,
    int maxHeld,
    boolean autoRenew,
    Duration drainTimeout,
    Clock clock,
    RandomGenerator random) {

  /** What concerns the consumer as a member of its group. */
  MemberSettings member() {
    return new MemberSettings(redis, group, consumer, lease, startFrom, random);
  }
}
