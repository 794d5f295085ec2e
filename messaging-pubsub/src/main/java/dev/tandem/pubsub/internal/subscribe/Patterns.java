package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelPattern;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.index.ChannelIndex;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.NamePattern;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Subscriptions to all channels of a tenant that match a pattern. To recoverable ones: those who
 * follow them, and the one {@link IndexWatch} for each tenant that any of them needs. To fleeting
 * ones: a feed of the pattern itself.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Patterns {
  private final RedisConnection redis;
  private final KeyLayout layout;
  private final BusThreads threads;
  private final LongSupplier nanoTime;
  private final Feeds feeds;

  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentHashMap<RedisKey, IndexWatch> watches = new ConcurrentHashMap<>();
  private boolean closed;

  Patterns(
      RedisConnection redis,
      KeyLayout layout,
      BusThreads threads,
      LongSupplier nanoTime,
      Feeds feeds) {
    this.redis = redis;
    this.layout = layout;
    this.threads = threads;
    this.nanoTime = nanoTime;
    this.feeds = feeds;
  }

  /** Looks from time to time at the indexes that are watched. */
  void start(Duration interval) {
    threads.every(interval, () -> watches.values().forEach(IndexWatch::tick));
  }

  /** Adds a subscriber to what is not stored, on all channels that match. */
  <T> Subscription listen(
      Tenant tenant, ChannelPattern<T> pattern, SubscribeOptions options, DeliveryQueue<T> queue) {
    RedisKey name = layout.channels(tenant, pattern.pattern());
    Channel<T> like = pattern.like();
    feeds.count(tenant, pattern.pattern().text());
    Consumer<LocalSubscriber<?>> onClose =
        gone -> {
          feeds.remove(gone, name);
          feeds.uncount(tenant);
        };
    LocalSubscriber<T> subscriber =
        new FleetingSubscriber<>(tenant, like, options, queue, feeds.context(), onClose);
    try {
      feeds.register(tenant, like, name, subscriber, () -> new FleetingFeed(tenant, like, threads));
    } catch (Throwable e) { // also errors: nobody else could close it
      subscriber.close();
      throw e;
    }
    return subscriber;
  }

  /**
   * Adds a subscriber to one of the recoverable channels that fill this queue.
   *
   * @param onGone called when it has ended
   */
  <T> RecoverableSubscriber<T> follow(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Runnable onGone) {
    ChannelKeys keys = layout.channel(tenant, channel.name());
    RedisKey name = keys.channel();
    Consumer<LocalSubscriber<?>> onClose =
        gone -> {
          feeds.remove(gone, name);
          onGone.run();
        };
    RecoverableSubscriber<T> subscriber =
        new RecoverableSubscriber<>(tenant, channel, options, queue, feeds.context(), onClose);
    try {
      feeds.register(tenant, channel, name, subscriber, () -> feeds.feed(tenant, channel, keys));
    } catch (Throwable e) { // also errors: nobody else could close it
      subscriber.leave();
      throw e;
    }
    return subscriber;
  }

  /** The monotonic time. */
  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** Runs a task that may call stages of futures. */
  void deliver(Runnable task) {
    threads.deliver(task);
  }

  /** Adds one that follows; false if the bus is closed. */
  boolean add(Tenant tenant, PatternSubscriber<?> subscriber, NamePattern pattern) {
    feeds.count(tenant, pattern.text());
    boolean isAdded = add(tenant, subscriber);
    if (!isAdded) {
      feeds.uncount(tenant);
    }
    return isAdded;
  }

  private boolean add(Tenant tenant, PatternSubscriber<?> subscriber) {
    RedisKey name = layout.channelIndex(tenant);
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      watches
          .computeIfAbsent(
              name, any -> new IndexWatch(new ChannelIndex(redis, layout, tenant), tenant, threads))
          .add(subscriber);
      feeds.connection().want(name);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Removes one that follows. */
  void remove(Tenant tenant, PatternSubscriber<?> subscriber) {
    feeds.uncount(tenant);
    RedisKey name = layout.channelIndex(tenant);
    lock.lock();
    try {
      IndexWatch watch = watches.get(name);
      if (watch != null && watch.remove(subscriber)) {
        watches.remove(name);
        feeds.connection().unwant(name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Redis has confirmed a subscription that is not a channel's. */
  void onConfirmed(RedisKey name) {
    IndexWatch watch = watches.get(name);
    if (watch != null) {
      watch.onConfirmed();
    }
  }

  /** Redis refuses a subscription that is not a channel's. */
  void onDenied(RedisKey name, ServerErrorException error) {
    IndexWatch watch = watches.get(name);
    if (watch != null) {
      watch.followers().forEach(follower -> follower.deny(name, error));
    }
  }

  /** Something arrived that is for no channel's feed. */
  void onPayload(RedisKey name) {
    IndexWatch watch = watches.get(name);
    if (watch != null) {
      watch.onRegistered();
    }
  }

  /** The connection is lost. */
  void onLost() {
    watches.values().forEach(IndexWatch::onLost);
  }

  /** Ends all, and takes no more. */
  void close() {
    List<PatternSubscriber<?>> all = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      watches.values().forEach(watch -> all.addAll(watch.followers()));
    } finally {
      lock.unlock();
    }
    all.forEach(PatternSubscriber::close);
  }
}
