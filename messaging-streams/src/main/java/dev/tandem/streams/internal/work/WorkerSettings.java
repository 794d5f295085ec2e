package dev.tandem.streams.internal.work;

import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.streams.Ordering;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.TenantSource;
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
    int mostOfTenant,
    @Nullable TenantSource tenantSource,
    Duration lookForTenants,
    Duration lease,
    RetryPolicy retry,
    Ordering ordering,
    @Nullable Duration handlerTimeout,
    DeadLetterRetention deadLetterRetention,
    Duration trimEvery,
    StartPosition startFrom,
    Duration drainTimeout,
    @Nullable Executor executor,
    Clock clock,
    RandomGenerator random) {

  /** How often streams and dead letters are trimmed where nothing else is said. */
  public static final Duration TRIM_EVERY = Duration.ofSeconds(10);

  /** The most finished deliveries that may wait for being settled the first time. */
  static final int MOST_UNSETTLED = 4_096;

  /** The most deliveries of one stream that could not be settled before it is not read any more. */
  static final int MOST_REFUSED = 1_024;

  /** The most deliveries that could not be settled before no stream is read any more. */
  static final int MOST_REFUSED_IN_ALL = 16_384;

  /** The most tenants that are discovered. */
  static final int MOST_TENANTS = 100_000;

  private static final int MANY_TENANTS = 16;
  private static final int LEAST_IN_ORDER = 256;
  private static final int MOST_IN_STRICT_ORDER = 4_096;
  private static final int LEAST_IN_LANES = 4;

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

  /** How many streams there are at first, or are to be reckoned with if tenants may come. */
  int streams() {
    int many = tenantSource == null ? tenants.size() : Math.max(MANY_TENANTS, tenants.size());
    return bindings.size() * Math.max(1, many);
  }

  /** The least deliveries that are held if there are as many: more if handlers are fast. */
  int prefetch() {
    int largest = bindings.stream().mapToInt(Binding::maxSize).max().orElse(1);
    int perHandler = 2 * concurrency * largest;
    return switch (ordering) {
      case NONE -> perHandler;
      case BY_KEY -> Math.max(LEAST_IN_ORDER, 8 * concurrency);
      case STRICT ->
          Math.max(perHandler, Math.min(LEAST_IN_ORDER * streams(), MOST_IN_STRICT_ORDER));
    };
  }

  /**
   * How many deliveries of one stream may wait for others until it is not read for a while; what
   * one read has just brought, and one under way may bring, comes on top.
   */
  int mostInLanes() {
    // What waits for others in the only stream takes room from nobody.
    return streams() == 1 ? Integer.MAX_VALUE : Math.max(LEAST_IN_LANES, prefetch() / streams());
  }

  /** Deliveries after which a lapsed one is given up instead of taken over. */
  int mostDeliveries() {
    // What stops its stream is nobody else's to give up.
    return ordering == Ordering.STRICT ? Integer.MAX_VALUE : retry.maxDeliveries();
  }
}
