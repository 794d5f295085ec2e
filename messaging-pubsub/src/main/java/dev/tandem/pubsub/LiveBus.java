package dev.tandem.pubsub;

import com.codahale.metrics.MetricRegistry;
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
import dev.tandem.pubsub.internal.publish.Resending;
import dev.tandem.pubsub.internal.subscribe.Feeds;
import dev.tandem.pubsub.internal.subscribe.Subscriptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.SubscriptionQuota;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes to live channels and subscribes to them. Build one per process and connection.
 *
 * <p><b>Publishing.</b> Messages to one channel arrive in the order in which one thread published
 * them; a message that Redis took has a version and, on a recoverable channel, is stored in the
 * same step. What did not get through is sent again by {@link LiveBusBuilder#publishRetry}, and
 * what comes behind it on the same channel waits for it; other channels do not. On a recoverable
 * channel that includes messages whose reply was lost: Redis knows them again and takes them once
 * (unless it loses its data meanwhile; then they may stand on both sides of a gap). If the retries
 * tell no more, such a publish fails with {@link dev.tandem.api.error.OutcomeUnknownException}: it
 * may or may not have arrived. A fleeting message whose reply was lost fails so at once; one that
 * certainly was not published is sent again, too. Tenants take turns in the sender's buffer: one
 * that publishes much delays the message of another by about two batches.
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
 * <p><b>Threads.</b> One sender, one for the subscriber connection, one that changes what it is
 * subscribed to, one timer, two that read from buffers, and those that call listeners (see {@link
 * LiveBusBuilder#executor}); all daemons. The one for the subscriber connection calls quick
 * listeners by itself (see {@link LiveListener}).
 *
 * <p><b>Permissions.</b> Beside the tenants' keys and channels the user needs {@code
 * &tandem:probe:*}: by a channel of its own a bus finds out whether its connection still delivers.
 * Without it nothing can be subscribed to.
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
  private final BusMetrics metrics;
  private final BusThreads threads;
  private final LogReader reader;
  private final Publisher publisher;
  private final Feeds feeds;
  private final Subscriptions subscriptions;
  private final Lifecycle lifecycle;
  private final BusHealth health;

  LiveBus(LiveBusBuilder options) {
    Nonces nonces = new Nonces(options.random);
    redis = options.redis;
    layout = KeyLayout.of(redis);
    String given = options.instanceId;
    instanceId = given != null ? given : nonces.nextShort();
    Clock clock = options.clock;
    lifecycle = new Lifecycle("live bus " + instanceId, LOG::warn);
    lifecycle.moveTo(LifecycleState.STARTING);
    metrics = new BusMetrics(redis.metrics(), clock);
    threads = new BusThreads(instanceId, options.executor, metrics);
    reader = new LogReader(redis, threads, metrics, nonces, options.random);
    // A name that is given returns with the next run of the process; ids must not.
    String idPrefix = given != null ? given + '-' + nonces.nextShort() : instanceId;
    publisher =
        new Publisher(
            redis,
            layout,
            nonces,
            instanceId,
            idPrefix,
            options.batching,
            new Resending(options.publishRetry, options.random),
            metrics,
            threads,
            clock);
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
            clock,
            events ->
                new SubscriberConnection(
                    redis, probeChannel, threads, metrics, nanoTime, options.random, events),
            () -> lifecycle.tryMoveTo(LifecycleState.RUNNING),
            () -> lifecycle.tryMoveTo(LifecycleState.RECOVERING),
            SubscriptionQuota.of(redis, nanoTime, nonces::next));
    subscriptions = new Subscriptions(feeds, threads);
    health = new BusHealth(instanceId, redis, feeds, threads, lifecycle, clock, options.probeAfter);
    feeds.start(options.tailCheckInterval);
    new LinkProbe(
            redis, probeChannel, feeds.connection(), options.probeAfter, threads, metrics, nanoTime)
        .start();
    lifecycle.moveTo(LifecycleState.RUNNING);
  }

  /** The options of a bus over this connection, which stays yours to close, after the bus. */
  public static LiveBusBuilder builder(RedisConnection redis) {
    return new LiveBusBuilder(redis);
  }

  /**
   * Publishes a message and waits until Redis has taken it. Where nothing of this bus is on its
   * way, it is sent on the calling thread. Not to be called from a stage of a future that {@link
   * #publishAsync} gave: that would wait for itself.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the payload exceeds the channel's limit
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be written
   * @throws dev.tandem.api.error.RateLimitedException if the channel's {@link Channel#rateLimit}
   *     does not allow it within the wait that it names, or if the thread was interrupted while it
   *     waited for its turn; nothing is sent
   * @throws dev.tandem.api.error.BufferFullException if there was no room for as long as {@link
   *     LiveBusBuilder#batching} allows
   * @throws dev.tandem.api.error.UnavailableException if it was not sent, retries included
   * @throws dev.tandem.api.error.OutcomeUnknownException if it was sent and the reply was lost, on
   *     a recoverable channel for as often as it was retried
   * @throws dev.tandem.api.error.WaitTimeoutException if the thread was interrupted while another
   *     sends the message, which may still be sent. While it sends by itself an interrupt is only
   *     kept: the call ends with what became of the message, within the connection's timeouts and
   *     attempts
   * @throws dev.tandem.api.error.ServerErrorException if Redis refused it
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> PublishReceipt publish(Tenant tenant, Channel<T> channel, Message<T> message) {
    return publisher.publishAndWait(tenant, channel, message);
  }

  /**
   * Publishes a message without waiting for Redis; waits only for room in the sender's buffer and
   * for the channel's {@link Channel#rateLimit}. What is wrong with the message itself is thrown;
   * what happens later fails the future. The future completes on the sending thread: do not block
   * in its stages. What {@link #close} gives up fails on the thread that closes.
   */
  public <T> CompletableFuture<PublishReceipt> publishAsync(
      Tenant tenant, Channel<T> channel, Message<T> message) {
    return publisher.publish(tenant, channel, message);
  }

  /**
   * Publishes several messages in one step, all or none, and waits until Redis has taken them.
   * Where a message is on a recoverable channel, the batch is sent again like a message on one.
   *
   * <p>Before Redis 7.0 a user who may write a channel's keys but not publish to it is refused too
   * late: the channels before it have got theirs.
   *
   * @return the receipts, in the order of the batch. If the reply had to be asked for again, the
   *     receivers on fleeting channels are not known, and 0
   * @throws dev.tandem.api.error.InvalidValueException if a payload exceeds its channel's limit, or
   *     all together {@link ChannelBatch#MAX_BYTES}
   * @throws dev.tandem.api.error.MessagingException as {@link #publish(Tenant, Channel, Message)}
   */
  public List<PublishReceipt> publish(Tenant tenant, ChannelBatch batch) {
    return publisher.publishAndWait(tenant, batch);
  }

  /**
   * Publishes several messages in one step without waiting for Redis; as {@link
   * #publishAsync(Tenant, Channel, Message)}. A batch without messages is done at once.
   */
  public CompletableFuture<List<PublishReceipt>> publishAsync(Tenant tenant, ChannelBatch batch) {
    return publisher.publish(tenant, batch);
  }

  /**
   * Subscribes. Returns at once, also while Redis is away; see {@link Subscription#active()}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the options ask for recovery on a
   *     fleeting channel, or this bus has a subscription to the same channel described the other
   *     way, fleeting or recoverable
   * @throws dev.tandem.api.error.QuotaExceededException if the connection enforces quotas, and the
   *     tenant has as many subscriptions as it may, or as many channels and this would begin one
   *     more; Redis is asked then, by the calling thread. While it is away nothing is refused, and
   *     the subscription becomes active once there is room for its channel
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> Subscription subscribe(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, LiveListener<T> listener) {
    return subscriptions.listen(tenant, channel, options, listener);
  }

  /**
   * Subscribes to several channels of a tenant with one listener; as {@link #subscribe(Tenant,
   * Channel, SubscribeOptions, LiveListener)}, for each of them.
   *
   * @throws dev.tandem.api.error.InvalidValueException also if the options begin at a single
   *     position, and there are several channels
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> MultiSubscription subscribe(
      Tenant tenant, ChannelSet<T> channels, SubscribeOptions options, LiveListener<T> listener) {
    return subscriptions.listen(tenant, channels, options, listener);
  }

  /**
   * Subscribes to all channels of a tenant that match a pattern, with one listener, which is told
   * each message's channel; as {@link ChannelPattern} says. Of positions to begin at, those of
   * channels that do not match are ignored; a matching channel without one is delivered from its
   * first message on, or with a gap. Positions and statistics are those of the channels that are
   * followed, and positions also those of channels that were let go.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the options begin at a single position,
   *     or ask for recovery on fleeting channels
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> MultiSubscription subscribe(
      Tenant tenant,
      ChannelPattern<T> channels,
      SubscribeOptions options,
      LiveListener<T> listener) {
    return subscriptions.listen(tenant, channels, options, listener);
  }

  /**
   * Subscribes for messages to be fetched. Returns at once, as {@link #subscribe(Tenant, Channel,
   * SubscribeOptions, LiveListener)} does, and refuses the same.
   */
  public <T> LiveReader<T> open(Tenant tenant, Channel<T> channel, SubscribeOptions options) {
    return subscriptions.open(tenant, channel, options);
  }

  /**
   * A publisher by the rules of Reactive Streams. Each of its subscribers gets a subscription of
   * its own, which begins when it subscribes; what it does not ask for waits within the bounds of
   * the options, and then it is a slow consumer. Subscribers are called on the delivery threads,
   * one call at a time. The stream completes when the bus closes, or when {@link
   * SlowConsumer#DISCONNECT} ends the subscription; it fails if the bus is closed already, if the
   * subscriber breaks a rule, or if Redis answers that the user may not read the channel ({@code
   * ACCESS_DENIED}): unlike other subscriptions this one then ends.
   *
   * @throws dev.tandem.api.error.InvalidValueException as {@link #subscribe(Tenant, Channel,
   *     SubscribeOptions, LiveListener)} does
   */
  public <T> Flow.Publisher<LiveEvent<T>> publisher(
      Tenant tenant, Channel<T> channel, SubscribeOptions options) {
    return subscriptions.publisher(tenant, channel, options);
  }

  /**
   * Where a recoverable channel stands now. Take it <i>before</i> loading a state, then subscribe
   * {@link SubscribeOptions#from} it: nothing falls in between. What is published between the two
   * may be in the state and arrive as well. Asks Redis, by the calling thread; begins the channel's
   * log if there is none.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the channel is fleeting
   * @throws dev.tandem.api.error.QuotaExceededException if the connection enforces quotas, there is
   *     no log, and the tenant has as many channels as it may
   * @throws dev.tandem.api.error.MessagingException if Redis cannot be asked
   */
  public Position currentPosition(Tenant tenant, Channel<?> channel) {
    Require.notNull("tenant", tenant);
    if (!Require.notNull("channel", channel).isRecoverable()) {
      throw new InvalidValueException(
          "channel", channel.name(), "must be recoverable to have a position");
    }
    return reader.head(new ChannelLog(tenant, channel, layout.channel(tenant, channel.name())));
  }

  /** Where the bus counts; what is built on it may count there, too. */
  public MetricRegistry metrics() {
    return redis.metrics();
  }

  /** The name of this bus, as its messages bear it. */
  public String instanceId() {
    return instanceId;
  }

  /**
   * How it is doing, by what arrived rather than by what its sockets say. Down if closed, or while
   * the subscriber connection is being made. Degraded if nothing, not even a probe, has arrived for
   * twice {@link LiveBusBuilder#probeAfter}, if listeners block all delivery threads and others
   * wait, if the user may not read a channel, or while channels catch up. A bus that never
   * subscribed has the health of its {@link RedisConnection}. Asks nobody.
   */
  public Health health() {
    return health.now();
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

  /** What it has done so far, or since {@link #resetStats}. */
  public BusStats stats() {
    return new BusStats(
        metrics.published().sum(),
        metrics.publishFailures().sum(),
        metrics.delivered().sum(),
        metrics.recovered().sum(),
        metrics.repaired().sum(),
        metrics.allGaps(),
        metrics.duplicatesDropped().sum(),
        metrics.dropped().sum(),
        metrics.expired().sum(),
        metrics.ignored().sum(),
        metrics.listenerFailures().sum(),
        metrics.reconnects().sum(),
        feeds.subscriptions(),
        feeds.channels());
  }

  /** What the subscriptions have done so far, or since {@link #resetStats}, by channel. */
  public SubscriberStats subscriberStats() {
    return feeds.stats();
  }

  /**
   * Sets the counts of {@link #stats()} and {@link #subscriberStats()} to zero. Those of single
   * subscriptions and the metrics go on.
   */
  public void resetStats() {
    metrics.reset();
    feeds.resetStats();
  }

  /** What it has published so far, or since {@link #resetPublisherStats}, by channel. */
  public PublisherStats publisherStats() {
    return publisher.stats();
  }

  /** Begins anew with {@link #publisherStats}; {@link #stats} and metrics go on. */
  public void resetPublisherStats() {
    publisher.resetStats();
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
