package dev.tandem.hybrid.internal.spool;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long the oldest message has waited in any of the spools that share the metrics, in
 * milliseconds; 0 if none waits.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class OldestGauge implements Gauge<Long> {
  private final Set<SpoolStore> stores = ConcurrentHashMap.newKeySet();

  /** This store counts, until it {@linkplain #leave leaves}. */
  static void join(MetricRegistry metrics, SpoolStore store) {
    Gauge<?> registered =
        metrics.<Gauge<?>>gauge("tandem.hybrid.spool.oldest-millis", OldestGauge::new);
    if (registered instanceof OldestGauge gauge) {
      gauge.stores.add(store);
    }
  }

  static void leave(MetricRegistry metrics, SpoolStore store) {
    if (metrics.getGauges().get("tandem.hybrid.spool.oldest-millis") instanceof OldestGauge gauge) {
      gauge.stores.remove(store);
    }
  }

  @Override
  public Long getValue() {
    return stores.stream().mapToLong(store -> store.stats().oldestAge().toMillis()).max().orElse(0);
  }
}
