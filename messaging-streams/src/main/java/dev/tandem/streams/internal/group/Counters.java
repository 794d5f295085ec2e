package dev.tandem.streams.internal.group;

import com.codahale.metrics.Counter;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.streams.Latency;
import dev.tandem.streams.TopicLatency;

/**
 * What a worker or consumer has done with one stream. Each count stands in the metrics too, added
 * up over all of the same kind, topic and group that share a connection.
 */
public final class Counters {
  public final Tally handled;
  public final Tally failed;
  public final Tally retried;
  public final Tally deadLettered;
  public final Tally deadLettersRefused;
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
    deadLettersRefused = new Tally(metrics.counter(prefix + "dead-letters-refused"));
    redelivered = new Tally(metrics.counter(prefix + "redelivered"));
    takenOver = new Tally(metrics.counter(prefix + "taken-over"));
    lost = new Tally(metrics.counter(prefix + "lost"));
    leasesLost = new Tally(metrics.counter(prefix + "leases-lost"));
    acknowledged = new Tally(metrics.counter(prefix + "acknowledged"));
    groupsRecreated = new Tally(metrics.counter(prefix + "groups-recreated"));
    handleTime = handles ? metrics.timer(prefix + "handle-time", Counters::timer) : timer();
    endToEnd = handles ? metrics.timer(prefix + "end-to-end", Counters::timer) : timer();
  }

  /** How long its messages take, with all others that share the timers. */
  public TopicLatency latency(String topic) {
    return new TopicLatency(topic, Latency.of(handleTime), Latency.of(endToEnd));
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

  /** What a sweep took over and buried, apart from what had no data. */
  public void swept(ClaimCommands.Swept swept) {
    deadLettered.add(swept.buried() - swept.taken().lost());
    takenOver.add(
        swept.taken().entries().stream()
            .filter(entry -> !entry.from().equals(ConsumerName.RELEASED))
            .count());
  }
}
