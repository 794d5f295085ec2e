package dev.tandem.pubsub.cache;

import dev.tandem.api.error.WaitTimeoutException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map into which a value is put only if nothing was invalidated since its load began: a load is
 * registered for as long as that holds.
 *
 * <p>Thread safety: safe for use by many threads. No loader is called under the lock.
 */
final class GuardedCache<V> {
  private final ConcurrentMap<String, V> cache;
  private final Freshness freshness;
  private final long longestWaitNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Load<V>> loads = new HashMap<>();
  private boolean closed;

  GuardedCache(ConcurrentMap<String, V> cache, Freshness freshness, long longestWaitNanos) {
    this.cache = cache;
    this.freshness = freshness;
    this.longestWaitNanos = longestWaitNanos;
  }

  /** One call of a loader, which other threads may wait for. */
  private static final class Load<V> {
    private final Thread loader = Thread.currentThread();
    private final CountDownLatch done = new CountDownLatch(1);
    private final long since;
    private final boolean storable;
    private volatile @Nullable V value;
    private volatile boolean loaded;

    Load(long since, boolean storable) {
      this.since = since;
      this.storable = storable;
    }
  }

  @Nullable V get(String key) {
    return cache.get(key);
  }

  /** Loads a value, or waits for another thread that is about to. */
  @Nullable V load(String key, Function<? super String, ? extends @Nullable V> loader) {
    Load<V> other = joinable(key);
    if (other != null && await(key, other) && other.loaded) {
      return other.value;
    }
    // What the other failed with is its own; who waited for it tries by itself.
    Load<V> own = new Load<>(freshness.now(), freshness.wasProven());
    register(key, own);
    V value = null;
    try {
      value = loader.apply(key);
      own.value = value;
      own.loaded = true;
      return value;
    } finally {
      finish(key, own, value);
      own.done.countDown();
    }
  }

  private @Nullable Load<V> joinable(String key) {
    lock.lock();
    try {
      Load<V> present = loads.get(key);
      return present != null
              && present.loader != Thread.currentThread()
              && freshness.isRecent(present.since)
          ? present
          : null;
    } finally {
      lock.unlock();
    }
  }

  private boolean await(String key, Load<V> load) {
    try {
      return load.done.await(longestWaitNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitTimeoutException("interrupted while another thread loads " + key, e);
    }
  }

  private void register(String key, Load<V> load) {
    lock.lock();
    try {
      loads.put(key, load);
    } finally {
      lock.unlock();
    }
  }

  private void finish(String key, Load<V> load, @Nullable V value) {
    lock.lock();
    try {
      if (loads.remove(key, load) && load.storable && value != null && !closed) {
        cache.put(key, value);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets one key. */
  void invalidate(String key) {
    lock.lock();
    try {
      loads.remove(key);
      cache.remove(key);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets the keys that match. */
  void invalidate(KeyPattern pattern) {
    lock.lock();
    try {
      loads.keySet().removeIf(pattern::matches);
    } finally {
      lock.unlock();
    }
    // Outside the lock, for it takes long: what is put meanwhile was loaded later.
    cache.keySet().removeIf(pattern::matches);
  }

  /** Forgets all. */
  void clear() {
    lock.lock();
    try {
      loads.clear();
      cache.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets all, and keeps nothing any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      clear();
    } finally {
      lock.unlock();
    }
  }
}
