package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.link.LinkProbe;
import dev.tandem.pubsub.internal.link.SubscriberConnection;
import dev.tandem.pubsub.internal.log.ChannelLog;
import dev.tandem.pubsub.internal.log.LogReader;
import dev.tandem.pubsub.internal.publish.Publisher;
import dev.tandem.pubsub.internal.subscribe.Feeds;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes to live channels and subscribes to them. Build one per process and connection.
 *
 * <p><b>Publishing.</b> Messages to one channel arrive in the order in which one thread published
 * them; a message that Redis took has a version and, on a recoverable channel, is stored in the
 * same step. A publish whose reply was lost fails with {@link
 * dev.tandem.api.error.OutcomeUnknownException} and is not repeated: it may or may not have
 * arrived.
 *
 * <p><b>Subscribing.</b> What {@link Channel} promises, for each {@link Subscription}. One Redis
 * subscription serves all local subscribers of a channel, over one connection that is made at the
 * first subscribe, tested when silent, and made again for ever. A channel that the user may not
 * read affects no other: {@link #health()} tells of it, and its subscriptions become active once
 * the permission is there, which is found within 30 seconds.
 *
 * <p><b>Coming back.</b> However many subscribers return to a channel at once, its buffer is read
 * once for all of them, page by page; those who missed little are served from the frames that the
 * bus remembers: the last 1,024 of each channel up to 1 MiB, and 16 MiB in all.
 *
 * <p><b>Threads.</b> One sender, one for the subscriber connection, one timer, two that read from
 * buffers, and those that call listeners; all daemons.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class LiveBus implements AutoCloseable {
  /** How long {@link #close} sends what waits: 10 s. */
  public static final Duration CLOSE_DRAIN = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(LiveBus.class);

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final String instanceId;
  private final Clock clock;
  private final Duration probeAfter;
  private final BusMetrics metrics;
  private final BusThreads threads;
  private final LogReader reader;
  private final Publisher publisher;
  private final Feeds feeds;
  private final Lifecycle lifecycle;

  LiveBus(LiveBusBuilder options) {
    Nonces nonces = new Nonces(options.random);
    redis = options.redis;
    layout = KeyLayout.of(redis);
    String given = options.instanceId;
    instanceId = given != null ? given : nonces.nextShort();
    clock = options.clock;
    probeAfter = options.probeAfter;
    lifecycle = new Lifecycle("live bus " + instanceId, LOG::warn);
    lifecycle.moveTo(LifecycleState.STARTING);
    metrics = new BusMetrics(redis.metrics());
    threads = new BusThreads(instanceId, options.executor);
    reader = new LogReader(redis, threads, metrics, nonces, options.random);
    // A name that is given returns with the next run of the process; ids must not.
    String idPrefix = given != null ? given + '-' + nonces.nextShort() : instanceId;
    publisher =
        new Publisher(
            redis, layout, nonces, instanceId, idPrefix, options.batching, metrics, threads);
    LongSupplier nanoTime = options.nanoTime;
    RedisKey probeChannel = layout.probe(instanceId);
    feeds =
        new Feeds(
            instanceId,
            redis,
            layout,
            reader,
            threads,
            metrics,
            nanoTime,
            events ->
                new SubscriberConnection(
                    redis, probeChannel, threads, metrics, nanoTime, options.random, events),
            () -> lifecycle.tryMoveTo(LifecycleState.RUNNING),
            () -> lifecycle.tryMoveTo(LifecycleState.RECOVERING));
    feeds.start(options.tailCheckInterval);
    new LinkProbe(redis, probeChannel, feeds.connection(), probeAfter, threads, metrics, nanoTime)
        .start();
    lifecycle.moveTo(LifecycleState.RUNNING);
  }

  /** The options of a bus over this connection, which stays yours to close, after the bus. */
  public static LiveBusBuilder builder(RedisConnection redis) {
    return new LiveBusBuilder(redis);
  }

  /**
   * Publishes a message and waits until Redis has taken it. Not to be called from a stage of a
   * future that {@link #publishAsync} gave: that would wait for itself.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the payload exceeds the channel's limit
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be written
   * @throws dev.tandem.api.error.BufferFullException if there was no room for as long as {@link
   *     LiveBusBuilder#batching} allows
   * @throws dev.tandem.api.error.UnavailableException if it was not sent
   * @throws dev.tandem.api.error.OutcomeUnknownException if it was sent and the reply was lost
   * @throws dev.tandem.api.error.WaitTimeoutException if the thread was interrupted while waiting;
   *     the message may still be sent
   * @throws dev.tandem.api.error.ServerErrorException if Redis refused it
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> PublishReceipt publish(Tenant tenant, Channel<T> channel, Message<T> message) {
    return publisher.await(publishAsync(tenant, channel, message));
  }

  /**
   * Publishes a message without waiting for Redis; waits only for room in the sender's buffer. What
   * is wrong with the message itself is thrown; what happens later fails the future. The future
   * completes on the sending thread: do not block in its stages.
   */
  public <T> CompletableFuture<PublishReceipt> publishAsync(
      Tenant tenant, Channel<T> channel, Message<T> message) {
    return publisher.publish(tenant, channel, message);
  }

  /**
   * Subscribes. Returns at once, also while Redis is away; see {@link Subscription#active()}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the options ask for recovery on a
   *     fleeting channel, or this bus has a subscription to the same channel described the other
   *     way, fleeting or recoverable
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> Subscription subscribe(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, LiveListener<T> listener) {
    return feeds.subscribe(tenant, channel, options, listener);
  }

  /**
   * Where a recoverable channel stands now. Take it <i>before</i> loading a state, then subscribe
   * {@link SubscribeOptions#from} it: nothing falls in between.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the channel is fleeting
   */
  public Position currentPosition(Tenant tenant, Channel<?> channel) {
    Require.notNull("tenant", tenant);
    if (!Require.notNull("channel", channel).isRecoverable()) {
      throw new InvalidValueException(
          "channel", channel.name(), "must be recoverable to have a position");
    }
    return reader.head(new ChannelLog(tenant, channel, layout.channel(tenant, channel.name())));
  }

  /** The name of this bus, as its messages bear it. */
  public String instanceId() {
    return instanceId;
  }

  /** How it is doing, by what arrived rather than by what its sockets say. */
  public Health health() {
    if (lifecycle.state().isFinal()) {
      return new Health(Health.Status.DOWN, "live bus " + instanceId + " is closed", null);
    }
    SubscriberConnection connection = feeds.connection();
    if (!connection.isStarted()) {
      return redis.health();
    }
    Duration silence = connection.silence();
    Instant proof = silence == null ? null : clock.instant().minus(silence);
    if (silence == null || !connection.isConfirmed()) {
      return new Health(Health.Status.DOWN, "subscriber connection is being made", proof);
    }
    if (silence.compareTo(probeAfter.multipliedBy(2)) > 0) {
      return new Health(
          Health.Status.DEGRADED, "subscriber connection is silent for " + silence, proof);
    }
    int forbidden = connection.forbidden();
    if (forbidden > 0) {
      return new Health(
          Health.Status.DEGRADED,
          "no permission to subscribe to " + forbidden + " channels",
          proof);
    }
    long behind = feeds.channelsBehind();
    return behind > 0
        ? new Health(Health.Status.DEGRADED, behind + " channels are catching up", proof)
        : new Health(Health.Status.UP, "live bus " + instanceId + " delivers", proof);
  }

  /**
   * The present state; {@link LifecycleState#RECOVERING} while the subscriber connection is away.
   */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(Require.notNull("listener", listener));
  }

  /** What it has done so far. */
  public BusStats stats() {
    return new BusStats(
        metrics.published().value(),
        metrics.publishFailures().value(),
        metrics.delivered().value(),
        metrics.recovered().value(),
        metrics.repaired().value(),
        metrics.allGaps(),
        metrics.duplicatesDropped().value(),
        metrics.dropped().value(),
        metrics.ignored().value(),
        metrics.listenerFailures().value(),
        metrics.reconnects().value(),
        feeds.subscriptions(),
        feeds.channels());
  }

  /**
   * Sends what waits (for up to 10 s; what is left fails with {@link
   * dev.tandem.api.error.ClosedException}), ends all subscriptions and gives the connection up.
   * Repeated calls do nothing.
   */
  @Override
  public void close() {
    if (!lifecycle.tryMoveTo(LifecycleState.DRAINING)) {
      return;
    }
    publisher.close(CLOSE_DRAIN);
    feeds.close();
    threads.close();
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  @Override
  public String toString() {
    return "LiveBus[" + instanceId + ", " + state() + "]";
  }
}
