package dev.tandem.streams.internal.work;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.streams.WorkerStats;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a worker has done. Each count stands in the metrics too, added up over all workers of the
 * same topic and group that share a connection.
 */
final class Counters {
  final Tally handled;
  final Tally failed;
  final Tally retried;
  final Tally deadLettered;
  final Tally redelivered;
  final Tally takenOver;
  final Tally lost;
  final Tally leasesLost;
  final Tally acknowledged;
  final Tally groupsRecreated;
  final Timer handleTime;

  Counters(MetricRegistry metrics, String topic, String group) {
    String prefix = "tandem.streams.worker." + topic + '.' + group + '.';
    handled = new Tally(metrics.counter(prefix + "handled"));
    failed = new Tally(metrics.counter(prefix + "failed"));
    retried = new Tally(metrics.counter(prefix + "retried"));
    deadLettered = new Tally(metrics.counter(prefix + "dead-lettered"));
    redelivered = new Tally(metrics.counter(prefix + "redelivered"));
    takenOver = new Tally(metrics.counter(prefix + "taken-over"));
    lost = new Tally(metrics.counter(prefix + "lost"));
    leasesLost = new Tally(metrics.counter(prefix + "leases-lost"));
    acknowledged = new Tally(metrics.counter(prefix + "acknowledged"));
    groupsRecreated = new Tally(metrics.counter(prefix + "groups-recreated"));
    handleTime = metrics.timer(prefix + "handle-time");
  }

  /** Messages whose data was gone: lost, and among the dead letters. */
  void payloadLost(int count) {
    lost.add(count);
    deadLettered.add(count);
  }

  WorkerStats stats(int inFlight) {
    return new WorkerStats(
        handled.sum(),
        failed.sum(),
        retried.sum(),
        deadLettered.sum(),
        redelivered.sum(),
        takenOver.sum(),
        lost.sum(),
        leasesLost.sum(),
        acknowledged.sum(),
        inFlight);
  }

  /** One count. */
  static final class Tally {
    private final LongAdder mine = new LongAdder();
    private final Counter shared;

    Tally(Counter shared) {
      this.shared = shared;
    }

    void add(long count) {
      mine.add(count);
      shared.inc(count);
    }

    long sum() {
      return mine.sum();
    }
  }
}
