package dev.tandem.pubsub.internal;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.GapReason;
import dev.tandem.redis.metrics.Tally;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * What a bus tells about itself, under {@code tandem.pubsub}. All names are here.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class BusMetrics {
  private static final String PREFIX = "tandem.pubsub.";

  private final Timer publish;
  private final EndToEnd endToEnd;
  private final Gauge<?> queueDepth;
  private final Tally published;
  private final Tally publishFailures;
  private final Tally resent;
  private final Tally rateLimited;
  private final Tally delivered;
  private final Tally recovered;
  private final Tally repaired;
  private final Tally duplicatesDropped;
  private final Tally stale;
  private final Tally dropped;
  private final Tally conflated;
  private final Tally expired;
  private final Tally ignored;
  private final Tally overflows;
  private final Tally listenerFailures;
  private final Tally reads;
  private final Tally readFailures;
  private final Tally repairs;
  private final Tally reconnects;
  private final Tally probeTimeouts;
  private final Tally deliveryThreads;
  private final Tally deliveryThreadsBlocked;
  private final Tally deliverySaturations;
  private final Tally subscriptions;
  private final Tally channels;
  private final Map<GapReason, Tally> gaps = new EnumMap<>(GapReason.class);

  /** Metrics in this registry, by the system's clock. */
  public BusMetrics(MetricRegistry registry) {
    this(registry, InstantSource.system());
  }

  /** Metrics in this registry. */
  public BusMetrics(MetricRegistry registry, InstantSource clock) {
    publish = registry.timer(PREFIX + "publish");
    endToEnd = new EndToEnd(registry.timer(PREFIX + "end-to-end", BusMetrics::timer), clock);
    queueDepth = registry.<Gauge<?>>gauge(PREFIX + "queue-depth", QueueDepth::new);
    published = tally(registry, "published");
    publishFailures = tally(registry, "publish-failures");
    resent = tally(registry, "resent");
    rateLimited = tally(registry, "rate-limited");
    delivered = tally(registry, "delivered");
    recovered = tally(registry, "recovered");
    repaired = tally(registry, "repaired");
    duplicatesDropped = tally(registry, "duplicates-dropped");
    stale = tally(registry, "stale-dropped");
    dropped = tally(registry, "dropped");
    conflated = tally(registry, "conflated");
    expired = tally(registry, "expired");
    ignored = tally(registry, "ignored");
    overflows = tally(registry, "queue-overflows");
    listenerFailures = tally(registry, "listener-failures");
    reads = tally(registry, "reads");
    readFailures = tally(registry, "read-failures");
    repairs = tally(registry, "repairs");
    reconnects = tally(registry, "reconnects");
    probeTimeouts = tally(registry, "probe-timeouts");
    deliveryThreads = tally(registry, "delivery-threads");
    deliveryThreadsBlocked = tally(registry, "delivery-threads-blocked");
    deliverySaturations = tally(registry, "delivery-saturations");
    subscriptions = tally(registry, "subscriptions");
    channels = tally(registry, "channels");
    for (GapReason reason : GapReason.values()) {
      String name = reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
      gaps.put(reason, tally(registry, "gaps." + name));
    }
  }

  /** Begins the counts of this bus at zero again, except of what there is now. */
  public void reset() {
    List.of(
            published,
            publishFailures,
            delivered,
            recovered,
            repaired,
            duplicatesDropped,
            stale,
            dropped,
            conflated,
            expired,
            ignored,
            overflows,
            listenerFailures,
            reads,
            readFailures,
            repairs,
            reconnects,
            probeTimeouts,
            deliverySaturations)
        .forEach(Tally::reset);
    gaps.values().forEach(Tally::reset);
  }

  private static Timer timer() {
    return new Timer(LockFreeExponentiallyDecayingReservoir.builder().build());
  }

  private static Tally tally(MetricRegistry registry, String name) {
    return new Tally(registry.counter(PREFIX + name));
  }

  /** The time of one pipeline of frames. */
  public Timer publish() {
    return publish;
  }

  /** The time from Redis to the listener's return. */
  public EndToEnd endToEnd() {
    return endToEnd;
  }

  /** Counts what waits in this bus, too, until it {@link #leaveQueueDepth leaves}. */
  public void joinQueueDepth(LongSupplier waiting) {
    if (queueDepth instanceof QueueDepth shared) {
      shared.join(waiting);
    }
  }

  /** The bus is closed. */
  public void leaveQueueDepth(LongSupplier waiting) {
    if (queueDepth instanceof QueueDepth shared) {
      shared.leave(waiting);
    }
  }

  /** Messages that Redis took. */
  public Tally published() {
    return published;
  }

  /** Messages whose publish failed or is unknown. */
  public Tally publishFailures() {
    return publishFailures;
  }

  /** Times that a message was sent again. */
  public Tally resent() {
    return resent;
  }

  /** Messages that a limit of their channel refused. */
  public Tally rateLimited() {
    return rateLimited;
  }

  /** Messages that listeners were called with. */
  public Tally delivered() {
    return delivered;
  }

  /** Those of them that were recovered. */
  public Tally recovered() {
    return recovered;
  }

  /** Those of them that were repaired. */
  public Tally repaired() {
    return repaired;
  }

  /** Messages that arrived again. */
  public Tally duplicatesDropped() {
    return duplicatesDropped;
  }

  /** Messages that arrived but are not part of the log. */
  public Tally stale() {
    return stale;
  }

  /** Messages of fleeting channels that a queue had no room for. */
  public Tally dropped() {
    return dropped;
  }

  /** Messages that a newer one replaced while they waited. */
  public Tally conflated() {
    return conflated;
  }

  /** Messages left out because they were older than their time to live. */
  public Tally expired() {
    return expired;
  }

  /** Payloads that were not ours or not readable. */
  public Tally ignored() {
    return ignored;
  }

  /** Times that a queue of a recoverable channel was full. */
  public Tally overflows() {
    return overflows;
  }

  /** Calls of listeners that threw. */
  public Tally listenerFailures() {
    return listenerFailures;
  }

  /** Reads of logs. */
  public Tally reads() {
    return reads;
  }

  /** Reads of logs that failed. */
  public Tally readFailures() {
    return readFailures;
  }

  /** Times that a channel's log was read because something did not fit. */
  public Tally repairs() {
    return repairs;
  }

  /** Times that the subscriber connection was made again. */
  public Tally reconnects() {
    return reconnects;
  }

  /** Times that a probe did not come back. */
  public Tally probeTimeouts() {
    return probeTimeouts;
  }

  /** Threads of the delivery pool now. */
  public Tally deliveryThreads() {
    return deliveryThreads;
  }

  /** Those of them that a listener has been blocking for a while. */
  public Tally deliveryThreadsBlocked() {
    return deliveryThreadsBlocked;
  }

  /** Times that all delivery threads were blocked while others waited. */
  public Tally deliverySaturations() {
    return deliverySaturations;
  }

  /** Subscriptions now. */
  public Tally subscriptions() {
    return subscriptions;
  }

  /** Channels subscribed to now. */
  public Tally channels() {
    return channels;
  }

  /** Gaps told for this reason. */
  public Tally gaps(GapReason reason) {
    return Objects.requireNonNull(gaps.get(reason));
  }

  /** Gaps told for any reason. */
  public long allGaps() {
    return gaps.values().stream().mapToLong(Tally::sum).sum();
  }
}
