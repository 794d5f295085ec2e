package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.ServerClock;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long handlers take, and how long it took until they returned, of at most one call
 * each millisecond: measuring costs more than a quick handler.
 */
final class Stopwatch {
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final ServerClock clock;
  private volatile long lastNanos = System.nanoTime() - EVERY_NANOS;

  Stopwatch(ServerClock clock) {
    this.clock = clock;
  }

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

  /** The handler returned; a replay's message was published long ago, which tells nothing. */
  void returned(Lease lease) {
    long millis = lease.stream().isReplay() ? -1 : clock.millisSince(lease.id().millis());
    if (millis >= 0) {
      lease.stream().counters().endToEnd.update(millis, TimeUnit.MILLISECONDS);
    }
  }
}
