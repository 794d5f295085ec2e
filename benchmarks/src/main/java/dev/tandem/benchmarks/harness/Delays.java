package dev.tandem.benchmarks.harness;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Gathers the delays of messages; one that never arrived is later than all others. */
final class Delays {
  private static final int DIGITS = 3;
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(10);
  private static final double NANOS_IN_MICRO = 1e3;

  private final Histogram arrived = new Histogram(LONGEST, DIGITS);
  private long never;

  /** One that took so long. */
  void took(long nanos) {
    arrived.recordValue(Math.min(LONGEST, Math.max(0, nanos)));
  }

  /** One that did not arrive. */
  void never() {
    never++;
  }

  /** Within how many microseconds so many of a hundred arrived; infinite if fewer ever did. */
  double percentileMicros(double percentile) {
    long all = arrived.getTotalCount() + never;
    double ofArrived = percentile * all / arrived.getTotalCount();
    return ofArrived <= 100
        ? arrived.getValueAtPercentile(ofArrived) / NANOS_IN_MICRO
        : Double.POSITIVE_INFINITY;
  }
}
