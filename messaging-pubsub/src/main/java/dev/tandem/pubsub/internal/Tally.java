package dev.tandem.pubsub.internal;

import com.codahale.metrics.Counter;
import java.util.concurrent.atomic.LongAdder;

/** A count of one bus, added to the metric that all buses of a registry share. */
public final class Tally {
  private final LongAdder own = new LongAdder();
  private final Counter shared;
  private volatile long before;

  Tally(Counter shared) {
    this.shared = shared;
  }

  /** Adds to both. */
  public void add(long amount) {
    own.add(amount);
    shared.inc(amount);
  }

  /** This bus's count since the last reset. */
  public long value() {
    return own.sum() - before;
  }

  /** Begins this bus's count at zero again; the metric goes on. */
  void reset() {
    before = own.sum();
  }
}
