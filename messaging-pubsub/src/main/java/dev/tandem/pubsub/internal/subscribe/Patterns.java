package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.index.ChannelIndex;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Those who follow all recoverable channels of a tenant that match a pattern, and the one {@link
 * IndexWatch} for each tenant that any of them needs.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Patterns {
  private final RedisConnection redis;
  private final KeyLayout layout;
  private final BusThreads threads;
  private final Feeds feeds;

  private final ReentrantLock lock = new ReentrantLock();
  private final ConcurrentHashMap<String, IndexWatch> watches = new ConcurrentHashMap<>();
  private boolean closed;

  Patterns(RedisConnection redis, KeyLayout layout, BusThreads threads, Feeds feeds) {
    this.redis = redis;
    this.layout = layout;
    this.threads = threads;
    this.feeds = feeds;
  }

  /** Looks from time to time at the indexes that are watched. */
  void start(Duration interval) {
    threads.every(interval, () -> watches.values().forEach(IndexWatch::tick));
  }

  /** Adds one; false if the bus is closed. */
  boolean add(Tenant tenant, PatternSubscriber<?> subscriber) {
    RedisKey name = layout.channelIndex(tenant);
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      watches
          .computeIfAbsent(
              name.text(),
              any -> new IndexWatch(new ChannelIndex(redis, layout, tenant), tenant, threads))
          .add(subscriber);
      feeds.connection().want(name);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Removes one. */
  void remove(Tenant tenant, PatternSubscriber<?> subscriber) {
    RedisKey name = layout.channelIndex(tenant);
    lock.lock();
    try {
      IndexWatch watch = watches.get(name.text());
      if (watch != null && watch.remove(subscriber)) {
        watches.remove(name.text());
        feeds.connection().unwant(name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Redis has confirmed a subscription that is not a channel's. */
  void onConfirmed(String name) {
    IndexWatch watch = watches.get(name);
    if (watch != null) {
      watch.onConfirmed();
    }
  }

  /** Something arrived that is for no channel's feed. */
  void onPayload(String name) {
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
