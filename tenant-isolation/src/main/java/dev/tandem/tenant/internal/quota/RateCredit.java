package dev.tandem.tenant.internal.quota;

import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.tenant.QuotaKeys;
import java.util.concurrent.TimeUnit;

/**
 * Rights of one tenant to publish that were taken in advance, about as many as are used in a tenth
 * of a second.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class RateCredit {
  static final long LEASE = TimeUnit.MILLISECONDS.toNanos(100);
  static final long LEAST_WANTED = 16;

  private final QuotaKeys keys;
  private long left;
  private long used;
  private long unasked;
  private long endNanos;
  private long refusedNeed = Long.MAX_VALUE;
  private long refusedNanos;

  RateCredit(QuotaKeys keys) {
    this.keys = keys;
  }

  /** Takes the right to publish so many. */
  boolean take(CommandExecutor redis, long limit, long need, long now) {
    if (left >= need && now - endNanos < 0) {
      used += need;
      left -= need;
      return true;
    }
    if (need >= refusedNeed && now - refusedNanos < 0) {
      return false;
    }
    boolean isEarly = now - endNanos < 0;
    long wanted = Math.max(LEAST_WANTED, isEarly ? 2 * used : used);
    QuotaScripts.Rate rate = QuotaScripts.rate(redis, keys, limit, need, wanted, left);
    left = rate.taken();
    used = 0;
    unasked = 0;
    endNanos = now + LEASE;
    if (left < need) {
      refusedNeed = need;
      refusedNanos = now + Math.min(LEASE, TimeUnit.MILLISECONDS.toNanos(rate.waitMillis()));
      return false;
    }
    refusedNeed = Long.MAX_VALUE;
    used = need;
    left -= need;
    return true;
  }

  /** So many go without having been asked for. */
  void unasked(long count) {
    unasked += count;
  }

  /** Gives back what was taken a moment ago, or went without. */
  void putBack(long count) {
    long without = Math.min(unasked, count);
    unasked -= without;
    left += count - without;
    used -= count - without;
  }

  boolean isIdle(long now) {
    return now - endNanos > LEASE;
  }
}
