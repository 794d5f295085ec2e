package dev.tandem.tenant.internal.quota;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes the errors, and counts them.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Refusals {
  private final Map<String, Counter> refused = new HashMap<>();

  Refusals(MetricRegistry metrics) {
    // The scripts that make dead letters refuse them; the members of the group count that.
    for (Quota quota : EnumSet.complementOf(EnumSet.of(Quota.DEAD_LETTERS))) {
      refused.put(quota.label(), metrics.counter("tandem.quota.refused." + quota.label()));
    }
  }

  /** So many messages failed by this, if it is a quota. */
  void count(MessagingException why, long count) {
    Counter counter =
        why instanceof QuotaExceededException exceeded ? refused.get(exceeded.quota()) : null;
    if (counter != null) {
      counter.inc(count);
    }
  }

  QuotaExceededException of(Tenant tenant, String destination, Quota quota, TenantQuota limits) {
    return new QuotaExceededException(
        tenant.name(),
        destination,
        quota.label(),
        limits.limit(quota).orElse(0),
        quota != Quota.PAYLOAD_SIZE);
  }
}
