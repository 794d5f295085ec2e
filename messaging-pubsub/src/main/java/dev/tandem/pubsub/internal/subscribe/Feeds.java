package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.SubscriberStats;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.pubsub.internal.link.LinkEvents;
import dev.tandem.pubsub.internal.link.SubscriberConnection;
import dev.tandem.pubsub.internal.log.ChannelLog;
import dev.tandem.pubsub.internal.log.LogReader;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.SubscriptionQuota;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All feeds of a bus: one for each channel with a local subscriber. Takes what the connection
 * brings to the right one.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Feeds implements LinkEvents {
  private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);

  private final @Nullable SubscriptionQuota quota;
  private final KeyLayout layout;
  private final LogReader reader;
  private final FeedContext feedContext;
  private final LocalSubscriber.Context context;
  private final ChannelTallies tallies;
  private final Runnable onConnected;
  private final Runnable onLost;
  private final SubscriberConnection connection;
  private final TailCheck tailCheck;
  private final Patterns patterns;

  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentHashMap<RedisKey, Entry> byChannel = new ConcurrentHashMap<>();
  private final LongSupplier queueDepth = this::queued;
  private int subscriptions;
  private boolean closed;

  /** A feed and whose channel it is. */
  private record Entry(Feed feed, Tenant tenant, RedisKey channel) {}

  /**
   * Feeds of no channel yet.
   *
   * @param connect makes the connection that tells these feeds what happens
   * @param onConnected called when the connection serves
   * @param onLost called when it is lost
   * @param quota that counts subscriptions; null if they are not limited
   */
  public Feeds(
      String instanceId,
      RedisConnection redis,
      KeyLayout layout,
      LogReader reader,
      BusThreads threads,
      BusMetrics metrics,
      LongSupplier nanoTime,
      Clock clock,
      Function<LinkEvents, SubscriberConnection> connect,
      Runnable onConnected,
      Runnable onLost,
      @Nullable SubscriptionQuota quota) {
    this.quota = quota;
    this.layout = layout;
    this.reader = reader;
    this.tallies = new ChannelTallies(clock, SubscriberStats.MOST_CHANNELS);
    this.feedContext = FeedContext.of(reader, metrics, threads, nanoTime);
    this.context = new LocalSubscriber.Context(instanceId, threads, metrics, tallies);
    this.onConnected = onConnected;
    this.onLost = onLost;
    this.tailCheck = new TailCheck(redis, threads, this::recoverable);
    this.patterns = new Patterns(redis, layout, threads, nanoTime, this);
    this.connection = connect.apply(this);
  }

  /** Begins the tail checks. */
  public void start(Duration tailCheckInterval) {
    context.metrics().joinQueueDepth(queueDepth);
    tailCheck.start(tailCheckInterval);
    patterns.start(tailCheckInterval);
    if (quota != null) {
      context.threads().readEvery(SubscriptionQuota.INTERVAL, quota::report);
    }
  }

  /** What subscribers need. */
  LocalSubscriber.Context context() {
    return context;
  }

  /** The connection behind these feeds. */
  public SubscriberConnection connection() {
    return connection;
  }

  /**
   * Adds a subscriber that fills this queue.
   *
   * @throws dev.tandem.api.error.QuotaExceededException if that is one too many, or its channel is
   */
  <T> Subscription add(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, DeliveryQueue<T> queue) {
    count(tenant, channel.name());
    return add(tenant, channel, options, queue, () -> uncount(tenant));
  }

  /** Adds a subscriber that need not be counted. */
  <T> Subscription addToPlace(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, DeliveryQueue<T> queue) {
    return add(tenant, channel, options, queue, () -> {});
  }

  private <T> Subscription add(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Runnable leavePlace) {
    ChannelKeys keys = layout.channel(tenant, channel.name());
    RedisKey name = keys.channel();
    try {
      begin(tenant, channel, keys);
    } catch (Throwable e) { // also errors: nobody else could give the place back
      leavePlace.run();
      throw e;
    }
    Consumer<LocalSubscriber<?>> onClose =
        gone -> {
          remove(gone, name);
          leavePlace.run();
        };
    LocalSubscriber<T> subscriber =
        channel.isRecoverable()
            ? new RecoverableSubscriber<>(tenant, channel, options, queue, context, onClose)
            : new FleetingSubscriber<>(tenant, channel, options, queue, context, onClose);
    try {
      register(tenant, channel, name, subscriber, () -> feed(tenant, channel, keys));
    } catch (Throwable e) { // also errors: nobody else could close it
      subscriber.close();
      throw e;
    }
    return subscriber;
  }

  /** A channel that may not begin is refused to who asks for it, and not only when it is read. */
  private void begin(Tenant tenant, Channel<?> channel, ChannelKeys keys) {
    if (quota != null && channel.isRecoverable() && !byChannel.containsKey(keys.channel())) {
      quota.begin(tenant, () -> reader.head(new ChannelLog(tenant, channel, keys)));
    }
  }

  /**
   * One more subscription of a tenant.
   *
   * @throws dev.tandem.api.error.QuotaExceededException if that is one too many
   */
  void count(Tenant tenant, String destination) {
    if (quota != null) {
      quota.add(tenant, destination);
    }
  }

  /** One subscription less. */
  void uncount(Tenant tenant) {
    if (quota != null) {
      quota.remove(tenant);
    }
  }

  /** Those who follow all recoverable channels that match a pattern. */
  Patterns patterns() {
    return patterns;
  }

  /** Adds a subscriber to the feed of this name, a channel or pattern, which is made if need be. */
  void register(
      Tenant tenant,
      Channel<?> channel,
      RedisKey name,
      LocalSubscriber<?> subscriber,
      Supplier<Feed> newFeed) {
    lock.lock();
    try {
      if (closed) {
        throw new ClosedException(
            "live bus " + context.instanceId() + " is closed", tenant.name(), channel.name());
      }
      Entry entry = byChannel.get(name);
      boolean isNew = entry == null;
      if (entry == null) {
        entry = new Entry(newFeed.get(), tenant, name);
        byChannel.put(name, entry);
        context.metrics().channels().add(1);
      } else if (entry.feed().channel().isRecoverable() != channel.isRecoverable()) {
        throw new InvalidValueException(
            "channel",
            channel,
            "this bus has a subscription to it that describes it as " + entry.feed().channel());
      }
      subscriptions++;
      context.metrics().subscriptions().add(1);
      entry.feed().add(subscriber);
      if (isNew) {
        connection.want(name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A feed for a channel. */
  Feed feed(Tenant tenant, Channel<?> channel, ChannelKeys keys) {
    return channel.isRecoverable()
        ? new ChannelFeed(new ChannelLog(tenant, channel, keys), feedContext)
        : new FleetingFeed(tenant, channel, context.threads());
  }

  /** Removes a subscriber from the feed of this name. */
  void remove(LocalSubscriber<?> subscriber, RedisKey name) {
    lock.lock();
    try {
      Entry entry = byChannel.get(name);
      if (entry == null || !entry.feed().remove(subscriber)) {
        return;
      }
      subscriptions--;
      context.metrics().subscriptions().add(-1);
      if (entry.feed().isEmpty()) {
        byChannel.remove(name);
        context.metrics().channels().add(-1);
        connection.unwant(name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many messages wait for listeners or are being handled; looks at each queue. */
  private long queued() {
    Set<DeliveryQueue<?>> queues = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Entry entry : byChannel.values()) {
      entry.feed().subscribers().forEach(one -> queues.add(one.mailbox().queue()));
    }
    return queues.stream().mapToLong(DeliveryQueue::messages).sum();
  }

  /** What subscribers did, by channel. */
  public SubscriberStats stats() {
    return tallies.stats();
  }

  /** Sets the counts by channel to zero. */
  public void resetStats() {
    tallies.reset();
  }

  /** How many subscribers there are. */
  public int subscriptions() {
    lock.lock();
    try {
      return subscriptions;
    } finally {
      lock.unlock();
    }
  }

  /** How many channels there are. */
  public int channels() {
    return byChannel.size();
  }

  /** How many channels are not up to date as far as is known. */
  public long channelsBehind() {
    return byChannel.values().stream().filter(entry -> !entry.feed().isLive()).count();
  }

  private Collection<ChannelFeed> recoverable() {
    List<ChannelFeed> feeds = new ArrayList<>();
    for (Entry entry : byChannel.values()) {
      if (entry.feed() instanceof ChannelFeed feed) {
        feeds.add(feed);
      }
    }
    return feeds;
  }

  @Override
  public void onConnected() {
    onConnected.run();
  }

  @Override
  public void onLost() {
    byChannel.values().forEach(entry -> entry.feed().onLost());
    patterns.onLost();
    onLost.run();
  }

  @Override
  public void onConfirmed(RedisKey channel) {
    Entry entry = byChannel.get(channel);
    if (entry != null) {
      entry.feed().onSubscribed();
    } else {
      patterns.onConfirmed(channel);
    }
  }

  @Override
  public void onDenied(RedisKey channel, ServerErrorException error) {
    Entry entry = byChannel.get(channel);
    if (entry != null) {
      String name = KeyLayout.channelName(channel.text());
      entry.feed().onDenied(Denial.of(error, channel, entry.tenant(), name));
    } else {
      patterns.onDenied(channel, error);
    }
  }

  @Override
  public void onPayload(RedisKey channel, byte[] payload) {
    Entry entry = byChannel.get(channel);
    if (entry == null) {
      patterns.onPayload(channel);
    } else {
      take(entry, entry.feed().channel().name(), payload);
    }
  }

  @Override
  public void onPatternPayload(RedisKey pattern, RedisKey channel, byte[] payload) {
    Entry entry = byChannel.get(pattern);
    if (entry != null) {
      take(entry, KeyLayout.channelName(channel.text()), payload);
    }
  }

  private void take(Entry entry, String channel, byte[] payload) {
    Frame frame = parse(entry, channel, payload);
    if (frame == null) {
      context.metrics().ignored().add(1);
      entry.feed().onGarbage();
    } else {
      entry.feed().onFrame(frame);
    }
  }

  private static @Nullable Frame parse(Entry entry, String channel, byte[] payload) {
    try {
      Frame frame = FrameParser.parse(payload);
      if (frame.tenant().equals(entry.tenant().name()) && frame.channel().equals(channel)) {
        return frame;
      }
      LOG.debug("ignored on {}: a frame of another channel", entry.channel());
    } catch (FrameFormatException e) {
      LOG.debug("ignored on {}: {} bytes, {}", entry.channel(), payload.length, e.getMessage());
    }
    return null;
  }

  /** Ends all subscriptions, and takes no more. */
  public void close() {
    context.metrics().leaveQueueDepth(queueDepth);
    List<LocalSubscriber<?>> all = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      byChannel.values().forEach(entry -> all.addAll(entry.feed().subscribers()));
    } finally {
      lock.unlock();
    }
    patterns.close();
    all.forEach(LocalSubscriber::close);
    if (quota != null) {
      quota.report();
    }
    connection.close();
  }
}
