package dev.tandem.streams;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.transaction.Transactional;
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

  /** How often a source of tenants is asked unless said otherwise: every 10 seconds. */
  public static final Duration DEFAULT_LOOK_FOR_TENANTS = Duration.ofSeconds(10);

  /** The lease time unless said otherwise: 30 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  /** The shortest lease: 100 milliseconds. */
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  /** The longest lease: one day. */
  public static final Duration LONGEST_LEASE = Duration.ofDays(1);

  /** The most messages in a batch: {@value}. */
  public static final int MOST_IN_BATCH = 10_000;

  /** The most messages in all batches that are handled at a time: {@value}. */
  public static final int MOST_IN_ALL_BATCHES = 100_000;

  /** The longest that a batch may wait to be filled: one minute. */
  public static final Duration LONGEST_BATCH_WAIT = Duration.ofMinutes(1);

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
  private @Nullable Binding<T> binding;
  private @Nullable Executor executor;
  private String consumerPrefix = ConsumerName.DEFAULT_PREFIX;
  private int concurrency = DEFAULT_CONCURRENCY;
  private int mostOfTenant = Integer.MAX_VALUE;
  private @Nullable TenantSource tenantSource;
  private Duration lookForTenants = DEFAULT_LOOK_FOR_TENANTS;
  private Duration lease = DEFAULT_LEASE;
  private Duration drainTimeout = DEFAULT_DRAIN;
  private RetryPolicy retry = DEFAULT_RETRY;
  private Ordering ordering = Ordering.NONE;
  private @Nullable Duration handlerTimeout;
  private DeadLetterRetention deadLetterRetention = DeadLetterRetention.forever();
  private StartPosition startFrom = StartPosition.BEGINNING;
  private Clock clock = Clock.systemUTC();
  private Duration trimEvery = WorkerSettings.TRIM_EVERY;
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
    Require.notNull("tenants", tenants).forEach(this::tenant);
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
   * Serves the tenants that this source lists, too, asking it every {@link
   * #DEFAULT_LOOK_FOR_TENANTS}.
   */
  public StreamWorkerBuilder<T> discoverTenants(TenantSource source) {
    return discoverTenants(source, DEFAULT_LOOK_FOR_TENANTS);
  }

  /**
   * Serves the tenants that this source lists, too, beside those that are given; up to 100,000. A
   * tenant is served about {@code every} after it has its first message at the latest, or up to 3
   * seconds later with thousands of them. While the source fails, those that are known stay, and
   * health is DEGRADED.
   *
   * @param every how often it is asked, 10 milliseconds to one day
   */
  public StreamWorkerBuilder<T> discoverTenants(TenantSource source, Duration every) {
    this.tenantSource = Require.notNull("source", source);
    this.lookForTenants =
        Require.inRange(
            "interval of asking for tenants", every, Duration.ofMillis(10), Duration.ofDays(1));
    return this;
  }

  /**
   * How many messages of one tenant this worker holds at most that are not handled yet, and
   * therefore also how many of its handlers run at a time; as many as there is room for by default.
   * So slow handlers of one tenant leave room for those of the others. No handler of a tenant
   * starts beyond it; what is held may be a few more if the worker has several topics.
   *
   * @param most 1 to {@value #MOST_IN_ALL_BATCHES}
   */
  public StreamWorkerBuilder<T> inFlightPerTenant(int most) {
    this.mostOfTenant = Require.inRange("inFlightPerTenant", most, 1, MOST_IN_ALL_BATCHES);
    return this;
  }

  /**
   * How many handlers run at a time, 1 to {@value #MOST_CONCURRENCY}; {@value #DEFAULT_CONCURRENCY}
   * by default. Where a handler takes microseconds, one is the quickest: several threads that take
   * turns at the messages of one tenant spend more time on that than they save.
   *
   * <p>Twice as many messages are fetched ahead, running ones included, and more with an {@link
   * #ordering}. While handlers are fast it is as many as they have finished within the last 100 to
   * 200 milliseconds, up to 4,096 messages or about 8 MiB; one read brings at most 512 messages,
   * whatever their size. So a message that was fetched is handled soon, and slow handlers leave
   * messages to workers that are idle. What was fetched when handlers suddenly become slow stays
   * with this worker until it is handled, or handed back when the worker is closed.
   */
  public StreamWorkerBuilder<T> concurrency(int concurrency) {
    this.concurrency = Require.inRange("concurrency", concurrency, 1, MOST_CONCURRENCY);
    return this;
  }

  /**
   * How long a silent worker keeps what it holds, {@link #SHORTEST_LEASE} to {@link
   * #LONGEST_LEASE}; {@link #DEFAULT_LEASE} by default. Handlers may run longer: leases are
   * renewed. Should be the same for all workers of a group, and well above the pauses that a
   * process or the network may have.
   */
  public StreamWorkerBuilder<T> lease(Duration lease) {
    this.lease = Require.inRange("lease", lease, SHORTEST_LEASE, LONGEST_LEASE);
    return this;
  }

  /**
   * When failed messages are delivered again, and when they are given up; {@link #DEFAULT_RETRY} by
   * default.
   */
  public StreamWorkerBuilder<T> retry(RetryPolicy retry) {
    this.retry = Require.notNull("retry", retry);
    return this;
  }

  /** Where a group begins that does not exist yet; {@link StartPosition#BEGINNING} by default. */
  public StreamWorkerBuilder<T> startFrom(StartPosition startFrom) {
    this.startFrom = Require.notNull("startFrom", startFrom);
    return this;
  }

  /**
   * How long {@link StreamWorker#close()} may take, zero to one day; {@link #DEFAULT_DRAIN} by
   * default.
   */
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
    return add(name, new Binding.Each<>(topic, Require.notNull("handler", handler)));
  }

  /**
   * Adds a topic whose messages are handled in batches, like {@link #batchHandler}.
   *
   * @throws InvalidValueException if the worker has a topic of this name already, or the size or
   *     the time is out of its range
   */
  public <P> StreamWorkerBuilder<T> topic(
      StreamTopic<P> topic, BatchHandler<P> handler, int maxSize, Duration maxWait) {
    String name = Require.notNull("topic", topic).name();
    return add(name, batches(topic, handler, maxSize, maxWait));
  }

  private StreamWorkerBuilder<T> add(String name, Binding<?> one) {
    if (name.equals(topic.name()) || further.putIfAbsent(name, one) != null) {
      throw new InvalidValueException("topic", name, "must not be given twice");
    }
    return this;
  }

  /**
   * Adds a topic like {@link #topic}, handled in transactions.
   *
   * @throws InvalidValueException if the worker has a topic of this name already
   */
  public <P> StreamWorkerBuilder<T> transactional(
      StreamTopic<P> topic, TransactionalHandler<P> handler) {
    return topic(topic, new Transactional<>(Require.notNull("handler", handler)));
  }

  /**
   * What handles the messages of the topic that the worker was begun with, in transactions:
   * outputs, state and acknowledgement commit together. In place of {@link #handler}.
   *
   * @throws InvalidValueException if it has a handler already, of whatever kind
   */
  public StreamWorkerBuilder<T> transactional(TransactionalHandler<T> handler) {
    return handler(new Transactional<>(Require.notNull("handler", handler)));
  }

  private static <P> Binding<P> batches(
      StreamTopic<P> topic, BatchHandler<P> handler, int maxSize, Duration maxWait) {
    return new Binding.Batches<>(
        topic,
        Require.notNull("handler", handler),
        Require.inRange("batch size", maxSize, 1, MOST_IN_BATCH),
        Require.inRange("batch wait", maxWait, Duration.ZERO, LONGEST_BATCH_WAIT));
  }

  private void checkBatches(List<Binding<?>> bindings) {
    int largest = bindings.stream().mapToInt(Binding::maxSize).max().orElse(1);
    if ((long) largest * concurrency > MOST_IN_ALL_BATCHES) {
      throw new InvalidValueException(
          "batch size times concurrency",
          (long) largest * concurrency,
          "must be at most " + MOST_IN_ALL_BATCHES);
    }
    if (ordering != Ordering.NONE
        && bindings.stream().anyMatch(Binding.Batches.class::isInstance)) {
      throw new InvalidValueException("ordering", ordering, "must be NONE with batch handlers");
    }
  }

  /**
   * What handles the messages of the topic that the worker was begun with.
   *
   * @throws InvalidValueException if it has a handler already, of whatever kind
   */
  public StreamWorkerBuilder<T> handler(StreamHandler<T> handler) {
    return bind(new Binding.Each<>(topic, Require.notNull("handler", handler)));
  }

  private StreamWorkerBuilder<T> bind(Binding<T> one) {
    if (binding != null) {
      throw new InvalidValueException(
          "handler", "a second one", "there can be one only for topic " + topic.name());
    }
    this.binding = one;
    return this;
  }

  /**
   * What handles the messages of the topic that the worker was begun with, many at a time; instead
   * of {@link #handler}. Concurrency then counts batches, and twice as many full batches are
   * fetched ahead.
   *
   * @param maxSize the most messages in a batch, 1 to {@value #MOST_IN_BATCH}; times concurrency at
   *     most {@value #MOST_IN_ALL_BATCHES}
   * @param maxWait how long the first message of a batch waits for others, zero to {@link
   *     #LONGEST_BATCH_WAIT}; with zero a batch is what is there
   * @throws InvalidValueException if it has a handler already, of whatever kind
   */
  public StreamWorkerBuilder<T> batchHandler(
      BatchHandler<T> handler, int maxSize, Duration maxWait) {
    return bind(batches(topic, handler, maxSize, maxWait));
  }

  /** In which order handlers are called; {@link Ordering#NONE} by default. */
  public StreamWorkerBuilder<T> ordering(Ordering ordering) {
    this.ordering = Require.notNull("ordering", ordering);
    return this;
  }

  /**
   * How long a handler may run, 10 milliseconds to one day; for ever by default. After it the
   * handler's thread is interrupted, {@link Delivery#isLeaseLost()} is true for it, and the
   * delivery counts as failed with a {@link java.util.concurrent.TimeoutException}, which the retry
   * policy sees. A handler that takes no notice keeps its thread, and its place among the
   * concurrency, until it returns ({@link WorkerStats#stuck()}); what it does then does not count.
   * So its message may be handled a second time while it still runs; that is a redelivery.
   *
   * <p>When all places are taken by such handlers, health is DEGRADED and the worker reads nothing
   * until one of them returns. What it has read is left to the other workers of the group, without
   * counting it; with an order it is kept, for handed back it would come out of order.
   */
  public StreamWorkerBuilder<T> handlerTimeout(Duration handlerTimeout) {
    this.handlerTimeout =
        Require.inRange(
            "handlerTimeout", handlerTimeout, Duration.ofMillis(10), Duration.ofDays(1));
    return this;
  }

  /**
   * How long the group's dead letters are kept, for each topic and tenant of the worker by itself;
   * by default {@linkplain DeadLetterRetention#forever() for ever}. What is over it is deleted for
   * good while a worker runs that was built with this: about every 10 seconds, by one worker of the
   * group at a time, some thousand letters at once. So workers of a group should agree: where they
   * do not, the strictest wins. Deleted letters count in {@code
   * tandem.streams.dead-letters.trimmed}.
   */
  public StreamWorkerBuilder<T> deadLetterRetention(DeadLetterRetention retention) {
    this.deadLetterRetention = Require.notNull("deadLetterRetention", retention);
    return this;
  }

  /**
   * Runs handlers here instead of on threads of the worker; never more at a time than the
   * concurrency. Stays yours to close, after the worker. It may run tasks on virtual threads, or as
   * it likes. A thread of the worker ({@code tandem-worker-<group>-relay}) does nothing but give it
   * tasks: if it runs them in place, handlers run there one after another; if it blocks, that holds
   * up nothing else.
   *
   * <p>When it refuses a task, that is tried again; when it drops one silently, that is found out
   * after a second or more. If it begins none for 5 seconds, although messages wait and no handler
   * runs, health is DEGRADED and the worker leaves what it has read to others, as after a {@link
   * #handlerTimeout}.
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

  /** How often streams and dead letters are trimmed; 10 seconds where no test says otherwise. */
  StreamWorkerBuilder<T> trimEvery(Duration interval) {
    this.trimEvery = interval;
    return this;
  }

  /**
   * The worker, not started yet.
   *
   * @throws InvalidValueException if a tenant, the group or the handler is missing, the batches are
   *     too large for the concurrency ({@link #MOST_IN_ALL_BATCHES}), or there are batch handlers
   *     and an order
   * @throws dev.tandem.api.error.ClosedException if the connection is closed
   */
  public StreamWorker build() {
    if (tenants.isEmpty() && tenantSource == null) {
      throw new InvalidValueException(
          "tenants", "", "at least one must be given, or a source of them");
    }
    List<Binding<?>> bindings = new ArrayList<>();
    bindings.add(Require.notNull("handler", binding));
    bindings.addAll(further.values());
    checkBatches(bindings);
    WorkerSettings settings =
        new WorkerSettings(
            redis,
            List.copyOf(bindings),
            List.copyOf(tenants),
            Require.notNull("group", group),
            ConsumerName.unique(consumerPrefix),
            concurrency,
            mostOfTenant,
            tenantSource,
            lookForTenants,
            lease,
            retry,
            ordering,
            handlerTimeout,
            deadLetterRetention,
            trimEvery,
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
