package dev.tandem.streams.internal.group;

import com.codahale.metrics.Counter;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.streams.WorkerStats;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a worker has done. Each count stands in the metrics too, added up over all workers of the
 * same topic and group that share a connection.
 */
public final class Counters {
  public final Tally handled;
  public final Tally failed;
  public final Tally retried;
  public final Tally deadLettered;
  public final Tally redelivered;
  public final Tally takenOver;
  public final Tally lost;
  public final Tally leasesLost;
  public final Tally acknowledged;
  public final Tally groupsRecreated;
  public final Timer handleTime;

  public Counters(MetricRegistry metrics, String topic, String group) {
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
    handleTime =
        metrics.timer(
            prefix + "handle-time",
            () -> new Timer(LockFreeExponentiallyDecayingReservoir.builder().build()));
  }

  /** Messages whose data was gone: lost, and among the dead letters. */
  public void payloadLost(int count) {
    lost.add(count);
    deadLettered.add(count);
  }

  public WorkerStats stats(int inFlight) {
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
  public static final class Tally {
    private final LongAdder mine = new LongAdder();
    private final Counter shared;

    Tally(Counter shared) {
      this.shared = shared;
    }

    public void add(long count) {
      mine.add(count);
      shared.inc(count);
    }

    public long sum() {
      return mine.sum();
    }
  }
}
