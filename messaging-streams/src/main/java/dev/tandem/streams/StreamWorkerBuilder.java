package dev.tandem.streams;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.work.Binding;
import dev.tandem.streams.internal.work.WorkerCore;
import dev.tandem.streams.internal.work.WorkerSettings;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link StreamWorker}. At least one tenant, a group and a handler must be given.
 *
 * <p>Thread safety: not safe for use by many threads.
 *
 * @param <T> the payload's type of the topic that the worker was begun with
 */
public final class StreamWorkerBuilder<T> {
  /** Handlers at a time unless said otherwise: {@value}. */
  public static final int DEFAULT_CONCURRENCY = 8;

  /** The most handlers at a time: {@value}. */
  public static final int MOST_CONCURRENCY = 10_000;

  /** The lease time unless said otherwise: 30 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  /** The shortest lease: 100 milliseconds. */
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  /** The longest lease: one day. */
  public static final Duration LONGEST_LEASE = Duration.ofDays(1);

  /** The drain time unless said otherwise: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** Retries unless said otherwise: after 100 ms, doubling up to 30 s, 5 deliveries in all. */
  public static final RetryPolicy DEFAULT_RETRY =
      RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(30));

  private final RedisConnection redis;
  private final StreamTopic<T> topic;
  private final Map<String, Binding<?>> further = new LinkedHashMap<>();
  private final Set<Tenant> tenants = new LinkedHashSet<>();
  private final List<LifecycleListener> listeners = new ArrayList<>();
  private @Nullable String group;
  private @Nullable StreamHandler<T> handler;
  private @Nullable Executor executor;
  private String consumerPrefix = ConsumerName.DEFAULT_PREFIX;
  private int concurrency = DEFAULT_CONCURRENCY;
  private Duration lease = DEFAULT_LEASE;
  private Duration drainTimeout = DEFAULT_DRAIN;
  private RetryPolicy retry = DEFAULT_RETRY;
  private StartPosition startFrom = StartPosition.BEGINNING;
  private Clock clock = Clock.systemUTC();
  private RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  StreamWorkerBuilder(RedisConnection redis, StreamTopic<T> topic) {
    this.redis = Require.notNull("redis", redis);
    this.topic = Require.notNull("topic", topic);
  }

  /** Adds a tenant whose messages are handled. */
  public StreamWorkerBuilder<T> tenant(Tenant tenant) {
    tenants.add(Require.notNull("tenant", tenant));
    return this;
  }

  /** Adds tenants whose messages are handled. They share the worker's concurrency. */
  public StreamWorkerBuilder<T> tenants(Collection<Tenant> tenants) {
    tenants.forEach(this::tenant);
    return this;
  }

  /** The consumer group; its name follows {@link Names}. */
  public StreamWorkerBuilder<T> group(String group) {
    this.group = Names.check("group", group);
    return this;
  }

  /**
   * What the consumer's name begins with, up to {@value ConsumerName#LONGEST_PREFIX} characters as
   * in {@link Names}; {@value ConsumerName#DEFAULT_PREFIX} by default. What follows makes the name
   * different for every worker ever built.
   */
  public StreamWorkerBuilder<T> consumerName(String prefix) {
    this.consumerPrefix = ConsumerName.checkPrefix(prefix);
    return this;
  }

  /**
   * How many handlers run at a time, 1 to {@value #MOST_CONCURRENCY}; twice as many messages are
   * fetched ahead, running ones included.
   */
  public StreamWorkerBuilder<T> concurrency(int concurrency) {
    this.concurrency = Require.inRange("concurrency", concurrency, 1, MOST_CONCURRENCY);
    return this;
  }

  /**
   * How long a silent worker keeps what it holds, {@link #SHORTEST_LEASE} to {@link
   * #LONGEST_LEASE}. Handlers may run longer: leases are renewed. Should be the same for all
   * workers of a group, and well above the pauses that a process or the network may have.
   */
  public StreamWorkerBuilder<T> lease(Duration lease) {
    this.lease = Require.inRange("lease", lease, SHORTEST_LEASE, LONGEST_LEASE);
    return this;
  }

  /** When failed messages are delivered again, and when they are given up. */
  public StreamWorkerBuilder<T> retry(RetryPolicy retry) {
    this.retry = Require.notNull("retry", retry);
    return this;
  }

  /** Where a group begins that does not exist yet. */
  public StreamWorkerBuilder<T> startFrom(StartPosition startFrom) {
    this.startFrom = Require.notNull("startFrom", startFrom);
    return this;
  }

  /** How long {@link StreamWorker#close()} may take, zero to one day. */
  public StreamWorkerBuilder<T> drainTimeout(Duration drainTimeout) {
    this.drainTimeout =
        Require.inRange("drainTimeout", drainTimeout, Duration.ZERO, Duration.ofDays(1));
    return this;
  }

  /**
   * Adds a topic with a payload type and a handler of its own. All topics of a worker share its
   * tenants, group, concurrency, and everything else that is set here; each has its own dead
   * letters and metrics.
   *
   * @throws InvalidValueException if the worker has a topic of this name already
   */
  public <P> StreamWorkerBuilder<T> topic(StreamTopic<P> topic, StreamHandler<P> handler) {
    String name = Require.notNull("topic", topic).name();
    Binding<P> binding = new Binding<>(topic, Require.notNull("handler", handler));
    if (name.equals(this.topic.name()) || further.putIfAbsent(name, binding) != null) {
      throw new InvalidValueException("topic", name, "must not be given twice");
    }
    return this;
  }

  /** What handles the messages of the topic that the worker was begun with. */
  public StreamWorkerBuilder<T> handler(StreamHandler<T> handler) {
    this.handler = Require.notNull("handler", handler);
    return this;
  }

  /**
   * Runs handlers here instead of on threads of the worker; never more at a time than the
   * concurrency. Stays yours to close, after the worker. When it refuses a task, that is tried
   * again.
   */
  public StreamWorkerBuilder<T> executor(Executor executor) {
    this.executor = Require.notNull("executor", executor);
    return this;
  }

  /** Tells of changes of the worker's state. */
  public StreamWorkerBuilder<T> listener(LifecycleListener listener) {
    listeners.add(Require.notNull("listener", listener));
    return this;
  }

  /** The clock that {@link StreamWorker#health()} tells the time by; the system's by default. */
  public StreamWorkerBuilder<T> clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /** Where jitter comes from; must be safe for use by many threads. */
  public StreamWorkerBuilder<T> random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * The worker, not started yet.
   *
   * @throws InvalidValueException if a tenant, the group or the handler is missing
   */
  public StreamWorker build() {
    if (tenants.isEmpty()) {
      throw new InvalidValueException("tenants", "", "at least one must be given");
    }
    List<Binding<?>> bindings = new ArrayList<>();
    bindings.add(new Binding<>(topic, Require.notNull("handler", handler)));
    bindings.addAll(further.values());
    WorkerSettings settings =
        new WorkerSettings(
            redis,
            List.copyOf(bindings),
            List.copyOf(tenants),
            Require.notNull("group", group),
            ConsumerName.unique(consumerPrefix),
            concurrency,
            lease,
            retry,
            startFrom,
            drainTimeout,
            executor,
            clock,
            random);
    WorkerCore core = new WorkerCore(settings);
    listeners.forEach(core::addListener);
    return new StreamWorker(core);
  }
}
