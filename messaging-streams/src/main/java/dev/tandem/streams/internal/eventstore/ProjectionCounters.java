package dev.tandem.streams.internal.eventstore;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
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
  private final Tally lag;

  ProjectionCounters(MetricRegistry metrics, String category, String projection) {
    String prefix = "tandem.streams.projection." + category + '.' + projection + '.';
    handled = new Tally(metrics.counter(prefix + "handled"));
    failed = new Tally(metrics.counter(prefix + "failed"));
    skipped = new Tally(metrics.counter(prefix + "skipped"));
    acquired = new Tally(metrics.counter(prefix + "acquired"));
    lost = new Tally(metrics.counter(prefix + "lost"));
    lag = new Tally(metrics.counter(prefix + "lag"));
    handleTime = metrics.timer(prefix + "handle-time");
  }

  void lag(long events) {
    lag.set(events);
  }

  ProjectionStats stats() {
    return new ProjectionStats(
        handled.get(), failed.get(), skipped.get(), acquired.get(), lost.get(), lag.get());
  }

  /** One count. */
  static final class Tally {
    private final AtomicLong mine = new AtomicLong();
    private final Counter shared;

    Tally(Counter shared) {
      this.shared = shared;
    }

    void increment() {
      mine.incrementAndGet();
      shared.inc();
    }

    private void set(long value) {
      shared.inc(value - mine.getAndSet(value));
    }

    long get() {
      return mine.get();
    }
  }
}
