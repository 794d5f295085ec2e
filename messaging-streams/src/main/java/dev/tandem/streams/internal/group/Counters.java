package dev.tandem.streams.internal.group;

import com.codahale.metrics.Counter;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.streams.WorkerStats;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * What a worker or consumer has done with one topic. Each count stands in the metrics too, added up
 * over all of the same kind, topic and group that share a connection.
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
  public final Timer endToEnd;

  public Counters(MetricRegistry metrics, String topic, String group) {
    this(metrics, "tandem.streams.worker." + topic + '.' + group + '.', true);
  }

  private Counters(MetricRegistry metrics, String prefix, boolean handles) {
    handled = new Tally(handles ? metrics.counter(prefix + "handled") : new Counter());
    failed = new Tally(handles ? metrics.counter(prefix + "failed") : new Counter());
    retried = new Tally(metrics.counter(prefix + "retried"));
    deadLettered = new Tally(metrics.counter(prefix + "dead-lettered"));
    redelivered = new Tally(metrics.counter(prefix + "redelivered"));
    takenOver = new Tally(metrics.counter(prefix + "taken-over"));
    lost = new Tally(metrics.counter(prefix + "lost"));
    leasesLost = new Tally(metrics.counter(prefix + "leases-lost"));
    acknowledged = new Tally(metrics.counter(prefix + "acknowledged"));
    groupsRecreated = new Tally(metrics.counter(prefix + "groups-recreated"));
    handleTime = handles ? metrics.timer(prefix + "handle-time", Counters::timer) : timer();
    endToEnd = handles ? metrics.timer(prefix + "end-to-end", Counters::timer) : timer();
  }

  private static Timer timer() {
    return new Timer(LockFreeExponentiallyDecayingReservoir.builder().build());
  }

  /** The counts of a consumer, which has no handlers. */
  public static Counters ofConsumer(MetricRegistry metrics, String topic, String group) {
    return new Counters(metrics, "tandem.streams.consumer." + topic + '.' + group + '.', false);
  }

  /** Messages whose data was gone: lost, and among the dead letters. */
  public void payloadLost(int count) {
    lost.add(count);
    deadLettered.add(count);
  }

  /** What was done with all these topics together. */
  public static WorkerStats stats(
      Collection<Counters> topics, int inFlight, int stuck, int stopped) {
    return new WorkerStats(
        sum(topics, counters -> counters.handled),
        sum(topics, counters -> counters.failed),
        sum(topics, counters -> counters.retried),
        sum(topics, counters -> counters.deadLettered),
        sum(topics, counters -> counters.redelivered),
        sum(topics, counters -> counters.takenOver),
        sum(topics, counters -> counters.lost),
        sum(topics, counters -> counters.leasesLost),
        sum(topics, counters -> counters.acknowledged),
        inFlight,
        stuck,
        stopped);
  }

  private static long sum(Collection<Counters> topics, Function<Counters, Tally> which) {
    return topics.stream().mapToLong(counters -> which.apply(counters).sum()).sum();
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
