package dev.tandem.streams.internal.eventstore;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.streams.eventstore.ProjectionStats;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a projection has done. Each count stands in the metrics too, added up over all tenants'
 * projections of the same name that share a connection. Safe for use by many threads.
 */
final class ProjectionCounters {
  final Tally handled;
  final Tally failed;
  final Tally skipped;
  final Tally acquired;
  final Tally lost;
  final Timer handleTime;
  private final AtomicLong lag = new AtomicLong();
  private final Counter lagOfAll;

  ProjectionCounters(MetricRegistry metrics, String category, String projection) {
    String prefix = "tandem.streams.projection." + category + '.' + projection + '.';
    handled = new Tally(metrics.counter(prefix + "handled"));
    failed = new Tally(metrics.counter(prefix + "failed"));
    skipped = new Tally(metrics.counter(prefix + "skipped"));
    acquired = new Tally(metrics.counter(prefix + "acquired"));
    lost = new Tally(metrics.counter(prefix + "lost"));
    lagOfAll = metrics.counter(prefix + "lag");
    handleTime = metrics.timer(prefix + "handle-time");
  }

  void lag(long events) {
    lagOfAll.inc(events - lag.getAndSet(events));
  }

  ProjectionStats stats() {
    return new ProjectionStats(
        handled.sum(), failed.sum(), skipped.sum(), acquired.sum(), lost.sum(), lag.get());
  }
}
