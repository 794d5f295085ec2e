package dev.tandem.streams.eventstore;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.eventstore.Place;
import dev.tandem.streams.internal.eventstore.ProjectionCore;
import dev.tandem.streams.internal.eventstore.ProjectionSettings;
import dev.tandem.tenant.EventKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link Projection}. A tenant, a name and one handler must be given.
 *
 * <p>Thread safety: not safe for use by many threads.
 *
 * @param <T> the events' payload type
 */
public final class ProjectionBuilder<T> {
  /** The lease time unless said otherwise: 30 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  /** The shortest lease: 100 milliseconds. */
  public static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

  /** The longest lease: one day. */
  public static final Duration LONGEST_LEASE = Duration.ofDays(1);

  /** The drain time unless said otherwise: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  private final RedisConnection redis;
  private final EventCategory<T> category;
  private final List<LifecycleListener> listeners = new ArrayList<>();
  private @Nullable Tenant tenant;
  private @Nullable String name;
  private ProjectionSettings.@Nullable Work<T> work;
  private Duration lease = DEFAULT_LEASE;
  private Duration drainTimeout = DEFAULT_DRAIN;
  private RetryPolicy retry = RetryPolicy.none();
  private FailureAction onFailure = FailureAction.STOP;
  private Clock clock = Clock.systemUTC();
  private RandomGenerator random = new SecureRandom();

  ProjectionBuilder(RedisConnection redis, EventCategory<T> category) {
    this.redis = Require.notNull("redis", redis);
    this.category = Require.notNull("category", category);
  }

  /** The tenant whose events are handled. */
  public ProjectionBuilder<T> tenant(Tenant tenant) {
    this.tenant = Require.notNull("tenant", tenant);
    return this;
  }

  /** The projection's name within the category, as in {@link Names}. */
  public ProjectionBuilder<T> name(String name) {
    this.name = Names.check("projection", name);
    return this;
  }

  /** What handles the events, for a view kept elsewhere: at least once. */
  public ProjectionBuilder<T> handler(ProjectionHandler<T> handler) {
    Require.notNull("handler", handler);
    return work(
        new ProjectionSettings.Work<>() {
          @Override
          public ViewUpdate handle(RecordedEvent<T> event, ProjectionContext context)
              throws Exception {
            handler.handle(event, context);
            return ViewUpdate.none();
          }

          @Override
          public void begin(ProjectionContext context) throws Exception {
            handler.onBeginning(context);
          }
        });
  }

  /** What handles the events, for a view kept in Redis: exactly once in that view. */
  public ProjectionBuilder<T> viewHandler(ViewHandler<T> handler) {
    Require.notNull("handler", handler);
    return work(
        new ProjectionSettings.Work<>() {
          @Override
          public ViewUpdate handle(RecordedEvent<T> event, ProjectionContext context)
              throws Exception {
            return Require.notNull("view update", handler.handle(event, context));
          }

          @Override
          public void begin(ProjectionContext context) {}
        });
  }

  private ProjectionBuilder<T> work(ProjectionSettings.Work<T> given) {
    if (work != null) {
      throw new InvalidValueException("handler", "a second one", "there can be one only");
    }
    work = given;
    return this;
  }

  /**
   * How long a silent process keeps the projection, {@link #SHORTEST_LEASE} to {@link
   * #LONGEST_LEASE}; {@link #DEFAULT_LEASE} by default. Handlers may run longer: the lease is
   * renewed. Should be the same for all processes, and well above the pauses that a process or the
   * network may have.
   */
  public ProjectionBuilder<T> lease(Duration lease) {
    this.lease = Require.inRange("lease", lease, SHORTEST_LEASE, LONGEST_LEASE);
    return this;
  }

  /**
   * How long {@link Projection#close()} may take, zero to one day; {@link #DEFAULT_DRAIN} by
   * default.
   */
  public ProjectionBuilder<T> drainTimeout(Duration drainTimeout) {
    this.drainTimeout =
        Require.inRange("drainTimeout", drainTimeout, Duration.ZERO, Duration.ofDays(1));
    return this;
  }

  /**
   * How often, and after which delays, an event is tried before {@link #onFailure} applies; not at
   * all again by default. Attempts are counted in this process. An event that cannot be read is not
   * tried again.
   */
  public ProjectionBuilder<T> retry(RetryPolicy retry) {
    this.retry = Require.notNull("retry", retry);
    return this;
  }

  /** What to do with an event that cannot be handled; {@link FailureAction#STOP} by default. */
  public ProjectionBuilder<T> onFailure(FailureAction onFailure) {
    this.onFailure = Require.notNull("onFailure", onFailure);
    return this;
  }

  /** Tells of changes of the projection's state. */
  public ProjectionBuilder<T> listener(LifecycleListener listener) {
    listeners.add(Require.notNull("listener", listener));
    return this;
  }

  /** The clock that health and failures tell the time by; the system's by default. */
  public ProjectionBuilder<T> clock(Clock clock) {
    this.clock = Require.notNull("clock", clock);
    return this;
  }

  /** Where jitter and this object's name among the holders come from; must not repeat. */
  public ProjectionBuilder<T> random(RandomGenerator random) {
    this.random = Require.notNull("random", random);
    return this;
  }

  /**
   * The projection, not started yet.
   *
   * @throws InvalidValueException if the tenant, the name or the handler is missing
   */
  public Projection build() {
    Tenant owner = Require.notNull("tenant", tenant);
    EventKeys keys = KeyLayout.of(redis).events(owner, category.name());
    String holder = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
    ProjectionCore<T> core =
        new ProjectionCore<>(
            new ProjectionSettings<>(
                new Place<>(redis, owner, category.topic(), keys),
                keys.projection(Require.notNull("projection", name)),
                holder,
                Require.notNull("handler", work),
                lease,
                drainTimeout,
                retry,
                onFailure,
                Projections.MOST_SKIPPED,
                clock,
                random));
    listeners.forEach(core::addListener);
    return new Projection(core);
  }
}
