package dev.tandem.streams;

import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.schedule.PromoteAgenda;
import dev.tandem.streams.internal.schedule.PromoteLoop;
import dev.tandem.streams.internal.schedule.Promoter;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends scheduled messages that are due, for topics that have no running {@link StreamWorker} in
 * any process; workers do the same for theirs.
 *
 * <p>Any number of promoters and workers may run for one stream: each message is appended once (see
 * {@link StreamScheduler}). A stream that cannot be served, or a server that is away, is tried
 * again every second, and holds up no other stream; the state is {@link LifecycleState#RECOVERING}
 * meanwhile. Streams are looked at every 100 milliseconds, with many streams every millisecond for
 * each, and as soon as the next message is due that was known by then. Nothing is lost by closing.
 *
 * <p>One daemon thread does the work; listeners are called on it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SchedulePromoter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulePromoter.class);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(30);

  private final Lifecycle lifecycle;
  private final PromoteLoop loop;
  private final Thread thread;

  private SchedulePromoter(RedisConnection redis, List<StreamKeys> streams, Clock clock) {
    this.lifecycle = new Lifecycle("schedule promoter", LOG::warn);
    this.loop = new PromoteLoop(new PromoteAgenda(new Promoter(redis), streams), lifecycle, clock);
    this.thread = DaemonThreads.named("tandem-schedule-promoter").newThread(loop);
  }

  /** A promoter over this connection. */
  public static Builder builder(RedisConnection redis) {
    return new Builder(Require.notNull("redis", redis));
  }

  /**
   * Begins to promote, whether the server can be reached or not.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    lifecycle.moveTo(LifecycleState.STARTING);
    thread.start();
  }

  /** The present state: RUNNING once the server has answered. */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /**
   * How it is doing: UP while all its streams are served; DEGRADED while some are not, or the
   * server is away; DOWN before the start and after the end.
   */
  public Health health() {
    LifecycleState state = lifecycle.state();
    Instant proof = loop.lastProof();
    String detail = "schedule promoter is " + state + loop.trouble();
    return switch (state) {
      case RUNNING -> new Health(Health.Status.UP, detail, proof);
      case CREATED, STOPPED, FAILED -> new Health(Health.Status.DOWN, detail, proof);
      default -> new Health(Health.Status.DEGRADED, detail, proof);
    };
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(listener);
  }

  /**
   * Ends promoting and waits for the call in hand, for up to 30 seconds. Repeated calls do nothing.
   */
  @Override
  public void close() {
    loop.stop();
    if (lifecycle.tryMoveTo(LifecycleState.DRAINING) && thread != Thread.currentThread()) {
      try {
        thread.join(LONGEST_CLOSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  /**
   * Describes a {@link SchedulePromoter}. At least one topic must be given.
   *
   * <p>Thread safety: not safe for use by many threads.
   */
  public static final class Builder {
    private final RedisConnection redis;
    private final KeyLayout keys;
    private final Map<String, StreamKeys> streams = new LinkedHashMap<>();

    private Clock clock = Clock.systemUTC();

    private Builder(RedisConnection redis) {
      this.redis = redis;
      this.keys = KeyLayout.of(redis);
    }

    /** Adds a topic of a tenant. */
    public Builder topic(Tenant tenant, String topicName) {
      StreamKeys stream = keys.stream(Require.notNull("tenant", tenant), topicName);
      streams.put(stream.stream().text(), stream);
      return this;
    }

    /** The clock that {@link #health()} tells the time by; the system's by default. */
    public Builder clock(Clock clock) {
      this.clock = Require.notNull("clock", clock);
      return this;
    }

    /**
     * The promoter, not started.
     *
     * @throws dev.tandem.api.error.InvalidValueException if no topic was given
     */
    public SchedulePromoter build() {
      Require.inRange("number of topics", streams.size(), 1, Integer.MAX_VALUE);
      return new SchedulePromoter(redis, new ArrayList<>(streams.values()), clock);
    }
  }
}
