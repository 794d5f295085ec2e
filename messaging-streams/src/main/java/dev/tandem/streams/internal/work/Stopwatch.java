package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long handlers take, of at most one call each millisecond: measuring costs more than
 * a quick handler.
 */
final class Stopwatch {
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private volatile long lastNanos = System.nanoTime() - EVERY_NANOS;

  /** Whether the call that begins now is to be measured. */
  boolean isDue(long nowNanos) {
    if (nowNanos - lastNanos < EVERY_NANOS) {
      return false;
    }
    lastNanos = nowNanos;
    return true;
  }

  void stop(Lease lease, long beganNanos) {
    lease.stream()
        .counters()
        .handleTime
        .update(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
  }
}
