package dev.tandem.outbox.internal.run;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.outbox.internal.store.MessageTable.Backlog;
import dev.tandem.redis.metrics.Tally;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * What a relay has done, and has seen.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class RelayMetrics {
  private final MetricRegistry metrics;
  private final Tally published;
  private final Tally resent;
  private final Tally failed;
  private final Timer roundTime;
  private volatile Backlog backlog = Backlog.NONE;
  private volatile int partitions;

  /** Metrics there. */
  public RelayMetrics(MetricRegistry metrics) {
    this.metrics = metrics;
    this.published = new Tally(metrics.counter("tandem.outbox.published"));
    this.resent = new Tally(metrics.counter("tandem.outbox.resent"));
    this.failed = new Tally(metrics.counter("tandem.outbox.failed"));
    this.roundTime = metrics.timer("tandem.outbox.round-time");
    join("tandem.outbox.waiting", one -> one.backlog.waiting());
    join("tandem.outbox.set-aside", one -> one.backlog.failed());
    join("tandem.outbox.oldest-millis", one -> one.backlog.oldestAge().toMillis());
    join("tandem.outbox.partitions", one -> one.partitions);
  }

  private void join(String name, ToLongFunction<RelayMetrics> value) {
    if (metrics.<Gauge<?>>gauge(name, () -> new Most(value)) instanceof Most gauge) {
      gauge.relays.add(this);
    }
  }

  /** The relay has ended. */
  public void leave() {
    backlog = Backlog.NONE;
    partitions = 0;
    metrics.getGauges((name, metric) -> metric instanceof Most).values().stream()
        .map(Most.class::cast)
        .forEach(gauge -> gauge.relays.remove(this));
  }

  void published(int messages) {
    published.add(messages);
  }

  void resent(int messages) {
    resent.add(messages);
  }

  void failed(int messages) {
    failed.add(messages);
  }

  void round(long nanos) {
    roundTime.update(nanos, TimeUnit.NANOSECONDS);
  }

  void seen(Backlog now) {
    backlog = now;
  }

  void partitions(int count) {
    partitions = count;
  }

  /** Messages that Redis has. */
  public long published() {
    return published.sum();
  }

  /** Times that a message was sent again. */
  public long resent() {
    return resent.sum();
  }

  /** Messages that were set aside. */
  public long failed() {
    return failed.sum();
  }

  /** How much waited when the relay looked last. */
  public Backlog backlog() {
    return backlog;
  }

  /** How many partitions it has. */
  public int partitions() {
    return partitions;
  }

  /** The largest value of those relays of this process that share the metrics. */
  private static final class Most implements Gauge<Long> {
    final Set<RelayMetrics> relays = ConcurrentHashMap.newKeySet();
    private final ToLongFunction<RelayMetrics> value;

    Most(ToLongFunction<RelayMetrics> value) {
      this.value = value;
    }

    @Override
    public Long getValue() {
      return relays.stream().mapToLong(value).max().orElse(0);
    }
  }
}
