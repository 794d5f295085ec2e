package dev.tandem.pubsub.internal;

import com.codahale.metrics.Counter;
import java.util.concurrent.atomic.LongAdder;

/** A count of one bus, added to the metric that all buses of a registry share. */
public final class Tally {
  private final LongAdder own = new LongAdder();
  private final Counter shared;

  /** A count that begins at zero, whatever the shared one stands at. */
  public Tally(Counter shared) {
    this.shared = shared;
  }

  /** Adds to both. */
  public void add(long amount) {
    own.add(amount);
    shared.inc(amount);
  }

  /** This bus's count. */
  public long value() {
    return own.sum();
  }
}
