package dev.tandem.streams.internal.work;

import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.group.MemberSettings;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a worker was built with; checked by its builder. */
public record WorkerSettings(
    RedisConnection redis,
    List<Binding<?>> bindings,
    List<Tenant> tenants,
    String group,
    String consumer,
    int concurrency,
    Duration lease,
    RetryPolicy retry,
    StartPosition startFrom,
    Duration drainTimeout,
    @Nullable Executor executor,
    Clock clock,
    RandomGenerator random) {

  /** The most finished deliveries that may wait for being settled before reading stops. */
  static final int MOST_UNSETTLED = 4_096;

  /** What concerns the worker as a member of its group. */
  MemberSettings member() {
    return new MemberSettings(redis, group, consumer, lease, startFrom, random);
  }

  /** The names of the topics. */
  String topics() {
    return bindings.stream()
        .map(binding -> binding.topic().name())
        .collect(Collectors.joining(", "));
  }
}
