package dev.tandem.redis.metrics;

import com.codahale.metrics.Counter;
import java.util.concurrent.atomic.LongAdder;

/**
 * A count of one object, for its statistics, that is added up in a metric with those of all objects
 * that share it.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Tally {
  private final LongAdder own = new LongAdder();
  private final Counter shared;
  private volatile long before;

  /** A count of nothing yet, which adds to this metric. */
  public Tally(Counter shared) {
    this.shared = shared;
  }

  /** Adds to both. */
  public void add(long amount) {
    own.add(amount);
    shared.inc(amount);
  }

  /** What was added here since the last reset. */
  public long sum() {
    return own.sum() - before;
  }

  /** Begins this count at zero again; the metric goes on. */
  public void reset() {
    before = own.sum();
  }
}
