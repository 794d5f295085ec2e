package dev.tandem.tenant.internal.quota;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The quotas of tenants as a process knows them: read when they are first needed and when they have
 * become old, then along with those of others that have.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TenantLimits {
  /** The most tenants that are remembered. */
  static final int MOST = 16_384;

  private static final int MOST_A_READ = 256;
  private static final long FRESH = TimeUnit.SECONDS.toNanos(TenantQuotas.KNOWN_SECONDS);
  private static final long IN_USE = 5 * FRESH;

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final LongSupplier nanoTime;
  private final ConcurrentHashMap<Tenant, Known> known = new ConcurrentHashMap<>();

  TenantLimits(RedisConnection redis, LongSupplier nanoTime) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.nanoTime = nanoTime;
  }

  private static final class Known {
    final Tenant tenant;
    volatile TenantQuota quota = TenantQuota.NONE;
    volatile long readNanos;
    volatile long usedNanos;

    Known(Tenant tenant, long nowNanos) {
      this.tenant = tenant;
      this.readNanos = nowNanos - FRESH;
    }

    boolean isFresh(long nowNanos) {
      return nowNanos - readNanos < FRESH;
    }
  }

  /**
   * What the tenant may have; what it might when it was last known, if Redis cannot be asked.
   *
   * @throws MessagingException if Redis answers, but refuses to tell
   */
  TenantQuota of(Tenant tenant) {
    long now = nanoTime.getAsLong();
    Known own = known.get(tenant);
    if (own == null) {
      own = add(tenant, now);
    }
    own.usedNanos = now;
    if (!own.isFresh(now)) {
      read(own, now);
    }
    return own.quota;
  }

  private Known add(Tenant tenant, long now) {
    if (known.size() >= MOST) {
      known.values().removeIf(each -> now - each.usedNanos > IN_USE);
    }
    if (known.size() >= MOST) {
      known.clear();
    }
    return known.computeIfAbsent(tenant, key -> new Known(key, now));
  }

  private void read(Known own, long now) {
    List<Known> stale = new ArrayList<>(List.of(own));
    for (Known each : known.values()) {
      if (stale.size() >= MOST_A_READ) {
        break;
      }
      if (each != own && !each.isFresh(now) && now - each.usedNanos < IN_USE) {
        stale.add(each);
      }
    }
    List<Command> commands =
        stale.stream().map(each -> LimitsHash.question(layout.quotas(each.tenant))).toList();
    List<@Nullable Object> replies;
    try {
      replies = redis.commands().executeAll(commands);
    } catch (MessagingException e) {
      passIfAway(e);
      return;
    }
    for (int i = 0; i < stale.size(); i++) {
      try {
        stale.get(i).quota = LimitsHash.read(replies.get(i));
        stale.get(i).readNanos = now;
      } catch (MessagingException e) {
        if (i == 0) {
          passIfAway(e);
        }
      }
    }
  }

  /** Throws what is not a sign that Redis is away. */
  static void passIfAway(MessagingException error) {
    switch (error.code()) {
      case UNAVAILABLE, CIRCUIT_OPEN, OUTCOME_UNKNOWN, SERVER_BUSY, READ_ONLY, REDIRECTED -> {}
      default -> throw error;
    }
  }
}
