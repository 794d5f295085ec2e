package dev.tandem.pubsub.internal;

import com.codahale.metrics.Gauge;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * How many messages wait for listeners, of all buses that share the metrics; looked up when asked
 * for.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class QueueDepth implements Gauge<Long> {
  private final List<LongSupplier> buses = new CopyOnWriteArrayList<>();

  void join(LongSupplier bus) {
    buses.add(bus);
  }

  void leave(LongSupplier bus) {
    buses.remove(bus);
  }

  @Override
  public Long getValue() {
    return buses.stream().mapToLong(LongSupplier::getAsLong).sum();
  }
}
