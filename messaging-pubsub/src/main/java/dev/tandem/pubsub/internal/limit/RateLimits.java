package dev.tandem.pubsub.internal.limit;

import dev.tandem.api.error.RateLimitedException;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.RateLimit;
import dev.tandem.tenant.Tenant;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A limiter for each tenant and channel that has a limit. Of more than {@value #MOST} the one that
 * was not used for longest is forgotten, and begins a new period when it is used again.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class RateLimits {
  /** The most limiters. */
  public static final int MOST = 10_000;

  private static final float LOAD = 0.75f;
  private static final long REFUSED = -1;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Place, RateLimiter> limiters =
      new LinkedHashMap<>(16, LOAD, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, RateLimiter> eldest) {
          return size() > MOST;
        }
      };

  private record Place(Tenant tenant, String channel, RateLimit limit) {}

  /** Nothing was published yet. */
  public RateLimits() {}

  /**
   * Takes the right to publish so many messages, and waits for its turn if the limit allows so long
   * a wait. It is known at once whether it does.
   *
   * @param mayWait whether the calling thread may be made to wait
   * @throws RateLimitedException if there are too many, or if the thread is interrupted while it
   *     waits, which stays set; its turn is used up then
   */
  public void acquire(Tenant tenant, Channel<?> channel, int messages, boolean mayWait) {
    RateLimit limit = channel.rateLimit();
    if (limit == null) {
      return;
    }
    long nanos = reserve(new Place(tenant, channel.name(), limit), messages, mayWait);
    if (nanos == REFUSED || !waits(nanos)) {
      throw new RateLimitedException(tenant.name(), channel.name(), limit.toString());
    }
  }

  /** How long until its turn, which it then has; the lock makes looking and taking one step. */
  private long reserve(Place place, int messages, boolean mayWait) {
    lock.lock();
    try {
      RateLimiter limiter = limiters.computeIfAbsent(place, RateLimits::made);
      return mayWait || limiter.getMetrics().getAvailablePermissions() >= messages
          ? limiter.reservePermission(messages)
          : REFUSED;
    } finally {
      lock.unlock();
    }
  }

  /** False if it was interrupted. */
  private static boolean waits(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static RateLimiter made(Place place) {
    RateLimit limit = place.limit();
    return RateLimiter.of(
        place.channel(),
        RateLimiterConfig.custom()
            .limitForPeriod(limit.messages())
            .limitRefreshPeriod(limit.per())
            .timeoutDuration(limit.maxWait())
            .build());
  }

  /** How many limiters there are. */
  public int size() {
    lock.lock();
    try {
      return limiters.size();
    } finally {
      lock.unlock();
    }
  }
}
