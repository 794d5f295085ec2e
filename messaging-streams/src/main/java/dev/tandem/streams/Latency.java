package dev.tandem.streams;

import com.codahale.metrics.Snapshot;
import com.codahale.metrics.Timer;
import java.time.Duration;

/**
 * How long something takes, as a timer of the metrics has measured it: mostly over the last five
 * minutes, and by all workers or producers of this process that share the timer. Each zero if
 * nothing was measured.
 *
 * <p>Thread safety: immutable.
 *
 * @param measured how often it was measured so far; not how often it happened
 * @param mean the mean
 * @param median what half of them do not exceed
 * @param p95 what 95 of 100 do not exceed
 * @param p99 what 99 of 100 do not exceed
 * @param max the longest
 */
public record Latency(
    long measured, Duration mean, Duration median, Duration p95, Duration p99, Duration max) {

  /** What a timer shows now. */
  public static Latency of(Timer timer) {
    Snapshot seen = timer.getSnapshot();
    return new Latency(
        timer.getCount(),
        nanos(seen.getMean()),
        nanos(seen.getMedian()),
        nanos(seen.get95thPercentile()),
        nanos(seen.get99thPercentile()),
        Duration.ofNanos(seen.getMax()));
  }

  private static Duration nanos(double nanos) {
    return Duration.ofNanos(Math.round(nanos));
  }
}
