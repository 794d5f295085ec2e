package dev.tandem.tenant.internal.quota;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts a process's subscriptions by tenant, and keeps Redis informed of them, so that all
 * processes together stay within the quota. For the libraries' own use.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class SubscriptionQuota {
  /** How often {@link #report} is to be called: each second. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionQuota.class);
  private static final long RENEWED = QuotaScripts.SUBSCRIPTIONS_KEPT.dividedBy(3).toNanos();

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final LongSupplier nanoTime;
  private final TenantLimits limits;
  private final Refusals refusals;
  private final String holder;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Tenant, Count> counts = new HashMap<>();
  private long reports;

  private SubscriptionQuota(RedisConnection redis, LongSupplier nanoTime, String holder) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.nanoTime = nanoTime;
    this.limits = new TenantLimits(redis, nanoTime);
    this.refusals = new Refusals(redis.metrics());
    this.holder = holder;
  }

  /**
   * Counts for a process; null if this connection does not enforce quotas.
   *
   * @param holder gives it a name, which must be unique
   */
  public static @Nullable SubscriptionQuota of(
      RedisConnection redis, LongSupplier nanoTime, Supplier<String> holder) {
    return redis.enforcesQuotas() ? new SubscriptionQuota(redis, nanoTime, holder.get()) : null;
  }

  private static final class Count {
    long subscriptions;
    boolean isChanged = true;
    long reportedNanos;
  }

  /** How many there are, as of a report: whoever has a higher number knows of all before. */
  private record Report(Tenant tenant, long subscriptions, long number) {}

  /**
   * One more subscription; asks Redis if the tenant has a quota.
   *
   * @param destination the channel or pattern
   * @throws dev.tandem.api.error.QuotaExceededException if that is one too many; it is not counted
   * @throws MessagingException if Redis refuses to tell
   */
  public void add(Tenant tenant, String destination) {
    Report report = change(tenant, 1);
    try {
      TenantQuota quota = limits.of(tenant);
      OptionalLong limit = quota.limit(Quota.SUBSCRIPTIONS);
      if (limit.isPresent() && !isNoted(report, limit.getAsLong())) {
        MessagingException why = refusals.of(tenant, destination, Quota.SUBSCRIPTIONS, quota);
        refusals.count(why, 1);
        throw why;
      }
    } catch (MessagingException e) {
      change(tenant, -1);
      throw e;
    }
  }

  /** One subscription less; told by the next {@link #report}. */
  public void remove(Tenant tenant) {
    change(tenant, -1);
  }

  /**
   * Begins a channel for a subscription if the tenant's channels are limited; otherwise, and while
   * Redis does not answer, that is left to whoever reads the channel first.
   *
   * @param begin begins it, and throws if the tenant may have no more
   * @throws dev.tandem.api.error.QuotaExceededException if that is one too many
   * @throws MessagingException if Redis refuses to tell of quotas
   */
  public void begin(Tenant tenant, Runnable begin) {
    if (limits.of(tenant).limit(Quota.LIVE_CHANNELS).isEmpty()) {
      return;
    }
    try {
      begin.run();
    } catch (QuotaExceededException e) {
      refusals.count(e, 1);
      throw e;
    } catch (MessagingException e) {
      LOG.debug("a channel is begun later: {}", e.getMessage());
    }
  }

  private Report change(Tenant tenant, int by) {
    lock.lock();
    try {
      Count count = counts.computeIfAbsent(tenant, key -> new Count());
      count.subscriptions += by;
      count.isChanged |= by < 0;
      return new Report(tenant, count.subscriptions, ++reports);
    } finally {
      lock.unlock();
    }
  }

  private boolean isNoted(Report report, long limit) {
    try {
      return QuotaScripts.subscriptions(
          redis.commands(),
          layout.quotas(report.tenant()),
          holder,
          report.subscriptions(),
          report.number(),
          limit);
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      return true; // the next report tells
    }
  }

  /** Tells Redis what has changed, and from time to time what has not. */
  public void report() {
    for (Report report : toTell()) {
      try {
        if (limits.of(report.tenant()).limit(Quota.SUBSCRIPTIONS).isPresent()) {
          isNoted(report, 0);
        }
      } catch (MessagingException e) {
        return; // all is told again in time
      }
    }
  }

  private List<Report> toTell() {
    long now = nanoTime.getAsLong();
    List<Report> told = new ArrayList<>();
    lock.lock();
    try {
      counts.forEach(
          (tenant, count) -> {
            if (count.isChanged || now - count.reportedNanos >= RENEWED) {
              count.isChanged = false;
              count.reportedNanos = now;
              told.add(new Report(tenant, count.subscriptions, ++reports));
            }
          });
      counts.values().removeIf(count -> count.subscriptions == 0 && !count.isChanged);
    } finally {
      lock.unlock();
    }
    return told;
  }
}
