package dev.tandem.pubsub.cache;

import com.codahale.metrics.Counter;
import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.Ticker;
import dev.tandem.pubsub.internal.subscribe.Denial;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A local cache that is told what other processes have changed, and does not answer when it cannot
 * know.
 *
 * <pre>{@code
 * Cache<String, Customer> caffeine = Caffeine.newBuilder().maximumSize(10_000).build();
 * var customers = CacheInvalidation.builder(bus, tenant, "customers", caffeine.asMap()).build();
 * Customer customer = customers.get("c-7", database::load);
 * …
 * database.save(customer);                // first the truth,
 * customers.invalidate("c-7");            // then everybody's cache
 * }</pre>
 *
 * <p><b>What a reader may see.</b> {@link #get} gives a value that a loader read during the call,
 * or one that no invalidation had reached Redis for until {@link
 * CacheInvalidationBuilder#maxStaleness} (5 s unless said otherwise) before the call. As a rule
 * invalidations arrive within milliseconds; the bound holds when messages are lost, connections
 * hang, Redis is away, is flushed or restarts, and when this process pauses. The process that
 * invalidates sees the change from the moment {@link #invalidate} was called.
 *
 * <p><b>How.</b> Several times within that bound Redis is asked where the channel stands, and the
 * cache answers only if everything up to there was applied. While that is not proven, reads bypass
 * the cache; what was missed is recovered by the channel. Where it cannot be, which a {@link Gap}
 * tells, and after each lost connection (see {@link
 * CacheInvalidationBuilder#keepThroughReconnects}), all is forgotten. A value whose load was under
 * way when its key was invalidated is returned to those who waited for it and not kept.
 *
 * <p><b>What is not covered.</b> An invalidation that Redis took and lost in a failover, until the
 * loss of the old server's connection is noticed: at most three times {@link
 * dev.tandem.pubsub.LiveBusBuilder#probeAfter} longer. An invalidation that could not be sent
 * before its process ended: let entries expire, too. Values put into the map by others than {@link
 * #get}. The monotonic clock does not count the time a whole machine was suspended.
 *
 * <p><b>Threads.</b> Loaders run on the thread that calls {@link #get}; of several that want the
 * same key at once, one loads. The map is changed on that thread and on delivery threads of the
 * bus; it must not block or call back. One daemon thread asks Redis.
 *
 * <p>Thread safety: safe for use by many threads. Close it before its bus.
 *
 * @param <V> the values' type
 */
public final class CacheInvalidation<V> implements AutoCloseable {
  /** The longest key and pattern, in characters: {@value}. */
  public static final int MAX_KEY = Message.MAX_KEY;

  private static final Logger LOG = LoggerFactory.getLogger(CacheInvalidation.class);
  private static final int PROOFS_A_BOUND = 5;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final LiveBus bus;
  private final Tenant tenant;
  private final Channel<String> channel;
  private final boolean keepThroughReconnects;
  private final Freshness freshness;
  private final GuardedCache<V> cache;
  private final String id = UUID.randomUUID().toString();
  private final Unsent unsent = new Unsent();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Ticker ticker;
  private final Subscription subscription;
  private final Tally hits;
  private final Tally misses;
  private final Tally bypassed;
  private final Tally invalidations;
  private final Tally flushes;
  private final CompletableFuture<Void> active;

  /** Reasons to forget all, and how many of them that was done for. */
  private final AtomicLong distrusts = new AtomicLong();

  private final AtomicLong flushed = new AtomicLong();
  private volatile boolean closed;

  /** All lost connections of buses on this Redis; unlike the bus's own count it is never reset. */
  private final Counter reconnects;

  private long knownReconnects;

  CacheInvalidation(CacheInvalidationBuilder<V> chosen) {
    bus = chosen.bus;
    tenant = chosen.tenant;
    channel = chosen.channel;
    keepThroughReconnects = chosen.keepThroughReconnects;
    freshness = new Freshness(chosen.nanoTime, chosen.maxStaleness);
    cache = new GuardedCache<>(chosen.cache, freshness, chosen.maxStaleness.toNanos());
    hits = tally("hits");
    misses = tally("misses");
    bypassed = tally("bypassed");
    invalidations = tally("invalidations");
    flushes = tally("flushes");
    reconnects = bus.metrics().counter("tandem.pubsub.reconnects");
    knownReconnects = reconnects.getCount();
    cache.clear();
    subscription = bus.subscribe(tenant, channel, SubscribeOptions.fromNow(), new Applier());
    active = subscription.active();
    ticker = new Ticker("tandem-cache-" + channel.name());
    Duration pause = chosen.maxStaleness.dividedBy(PROOFS_A_BOUND);
    ticker.every(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE, this::tick);
    var unused = active.whenComplete((begun, error) -> begin(error));
  }

  private void begin(@Nullable Throwable error) {
    Throwable denial = Denial.in(error);
    if (denial != null) {
      ready.completeExceptionally(denial);
    } else if (error == null) {
      ticker.later(Duration.ZERO, this::tick);
    }
  }

  private Tally tally(String name) {
    return new Tally(bus.metrics().counter("tandem.pubsub.cache." + name));
  }

  /**
   * The options of a cache.
   *
   * @param channel what all processes with this cache share; one for each kind of cache
   * @param cache where the values are: any concurrent map, such as Caffeine's {@code
   *     cache.asMap()}; its bounds are its own
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule of {@link
   *     dev.tandem.tenant.Names}
   */
  public static <V> CacheInvalidationBuilder<V> builder(
      LiveBus bus, Tenant tenant, String channel, ConcurrentMap<String, V> cache) {
    return new CacheInvalidationBuilder<>(bus, tenant, channel, cache);
  }

  /**
   * Completes when the cache answers for the first time; fails if it is closed before, or as {@link
   * Subscription#active()} does when the user may not read the channel.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  /** Whether reads look into the cache now. */
  public boolean isTrusted() {
    return !mustFlush() && !closed && freshness.isProven();
  }

  /**
   * The value of a key, from the cache or from the loader. What the loader throws is thrown to the
   * caller; nothing is cached then, nor if it gives null. A thread that waits for another's load
   * does so for at most {@link CacheInvalidationBuilder#maxStaleness}, then loads by itself. Works
   * without the cache once closed.
   *
   * @param key 1 to {@value #MAX_KEY} characters, none of them a control
   * @param loader reads the truth; null if there is none
   * @throws dev.tandem.api.error.InvalidValueException if the key breaks its rule
   * @throws dev.tandem.api.error.WaitTimeoutException if interrupted while another thread loads
   */
  public @Nullable V get(String key, Function<? super String, ? extends @Nullable V> loader) {
    if (isTrusted()) {
      V known = cache.get(key);
      if (known != null) {
        hits.add(1);
        return known;
      }
      misses.add(1);
    } else {
      bypassed.add(1);
    }
    Require.text("cache key", key, 1, MAX_KEY);
    return cache.load(key, loader);
  }

  /**
   * Forgets a key, here at once and everywhere else once this returns. To be called after the truth
   * was changed. If it fails, it is repeated in the background until Redis takes it, or this is
   * closed; with more than 1,000 such, all keys are invalidated instead.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the key breaks its rule
   * @throws MessagingException as {@link LiveBus#publish} does, if Redis has not taken it yet
   */
  public void invalidate(String key) {
    Require.text("cache key", key, 1, MAX_KEY);
    invalidate(new Invalidation(Invalidation.Kind.KEY, key));
  }

  /**
   * Forgets the keys that match a pattern in which {@code *} stands for any characters, also none,
   * and all else for itself. For the rest see {@link #invalidate}. Goes through all keys.
   */
  public void invalidateMatching(String pattern) {
    Require.text("cache key pattern", pattern, 1, MAX_KEY);
    invalidate(new Invalidation(Invalidation.Kind.MATCHING, pattern));
  }

  /** Forgets all keys. For the rest see {@link #invalidate}. */
  public void invalidateAll() {
    invalidate(Invalidation.ALL);
  }

  private void invalidate(Invalidation what) {
    if (closed) {
      throw new ClosedException("cache is closed", tenant.name(), channel.name());
    }
    try {
      apply(what);
    } catch (Throwable e) {
      distrusts.incrementAndGet();
      throw e;
    } finally {
      send(what);
    }
  }

  private void send(Invalidation what) {
    try {
      bus.publish(tenant, channel, what.message(id));
    } catch (RuntimeException e) {
      unsent.add(what);
      throw e;
    }
  }

  private void apply(Invalidation what) {
    switch (what.kind()) {
      case KEY -> cache.invalidate(what.text());
      case MATCHING -> cache.invalidate(new KeyPattern(what.text()));
      case ALL -> cache.clear();
    }
  }

  private boolean mustFlush() {
    return flushed.get() < distrusts.get();
  }

  private void flush(String why) {
    long reasons = distrusts.incrementAndGet(); // if the map throws, the next tick tries again
    cache.clear();
    flushed.accumulateAndGet(reasons, Math::max);
    flushes.add(1);
    LOG.info("cache {} forgot all: {}", channel.name(), why);
  }

  private void tick() {
    try {
      if (mustFlush()) {
        flush("an invalidation could not be applied");
      }
      prove();
      for (int i = unsent.size(); i > 0; i--) {
        Invalidation next = unsent.poll();
        if (next != null) {
          send(next);
        }
      }
    } catch (MessagingException e) {
      LOG.debug("cache {}: {}", channel.name(), e.getMessage());
    }
  }

  private void prove() {
    if (!active.isDone()) {
      return;
    }
    long askedAt = freshness.now();
    Position head = bus.currentPosition(tenant, channel);
    if (bus.state() != LifecycleState.RUNNING) {
      return;
    }
    long count = reconnects.getCount();
    if (count != knownReconnects) {
      if (!keepThroughReconnects) {
        flush("the connection was lost");
      }
      knownReconnects = count;
    }
    freshness.head(head, askedAt, subscription.position());
    if (isTrusted()) {
      ready.complete(null);
    }
  }

  /** What it has done so far. */
  public CacheStats stats() {
    return new CacheStats(
        hits.sum(),
        misses.sum(),
        bypassed.sum(),
        invalidations.sum(),
        flushes.sum(),
        unsent.size());
  }

  /**
   * Ends the subscription and forgets all; what could not be sent yet is dropped. Repeated calls do
   * nothing.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ticker.close();
    subscription.close();
    cache.close();
    ready.completeExceptionally(
        new ClosedException("cache is closed", tenant.name(), channel.name()));
  }

  @Override
  public String toString() {
    return "CacheInvalidation[" + channel.name() + (isTrusted() ? "" : ", bypassed") + "]";
  }

  /** Applies what others invalidate. */
  private final class Applier implements LiveListener<String> {
    @Override
    public void onMessage(LiveMessage<String> message) {
      if (!Invalidation.isBy(message, id)) {
        changing(() -> apply(Invalidation.of(message)));
        invalidations.add(1);
      }
      Position position = message.position();
      if (position != null) {
        freshness.applied(position);
      }
    }

    @Override
    public void onGap(Gap gap) {
      changing(() -> flush(gap.toString()));
      freshness.applied(gap.resumesAt());
    }

    /** A map that throws may keep what it should not. */
    private void changing(Runnable change) {
      try {
        change.run();
      } catch (Throwable e) {
        distrusts.incrementAndGet();
        LOG.error("cache {} could not apply an invalidation, it is bypassed", channel.name(), e);
      }
    }
  }
}
