package dev.tandem.streams.internal.produce;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.streams.Latency;
import dev.tandem.streams.ProducerStats;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Completes futures and counts what became of the entries. Counted first, so that who has its id
 * finds it in the statistics.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Outcomes {
  private final Tally sent;
  private final Tally failed;
  private final Tally unknown;
  private final Tally resent;
  private final Counter refusedFullMetric;
  private final Histogram batchSize;
  private final Timer batchTime;

  private final @Nullable Admission admission;
  private final @Nullable AuditTrail audit;
  private final StreamTallies streams = new StreamTallies();
  private final Clock clock;
  private volatile @Nullable Instant lastProof;
  private volatile long lastProofNanos;

  /**
   * Counts there too, and tells the time by this clock.
   *
   * @param gate that knows what is under way; null if there are no quotas
   * @param audit is told of all entries; null if nobody is
   */
  public Outcomes(
      MetricRegistry metrics, Clock clock, @Nullable QuotaGate gate, @Nullable AuditTrail audit) {
    this.audit = audit;
    this.admission = gate == null ? null : new Admission(gate);
    this.clock = clock;
    this.sent = new Tally(metrics.counter("tandem.streams.producer.sent"));
    this.failed = new Tally(metrics.counter("tandem.streams.producer.failed"));
    this.unknown = new Tally(metrics.counter("tandem.streams.producer.outcome-unknown"));
    this.resent = new Tally(metrics.counter("tandem.streams.producer.resent"));
    this.refusedFullMetric = metrics.counter("tandem.streams.producer.refused-full");
    this.batchSize = metrics.histogram("tandem.streams.producer.batch-size");
    this.batchTime = metrics.timer("tandem.streams.producer.batch-time");
  }

  /** Who lets entries pass; null if all may. */
  @Nullable Admission admission() {
    return admission;
  }

  /** So many entries go together. */
  void batch(int entries) {
    batchSize.update(entries);
  }

  /** Measures a round trip. */
  Timer batchTime() {
    return batchTime;
  }

  /** A round trip took so long. */
  void batchTook(long nanos) {
    batchTime.update(nanos, TimeUnit.NANOSECONDS);
  }

  /** The appends of these entries, one each, were answered so. */
  void answered(List<Outgoing> entries, List<@Nullable Object> replies) {
    List<Outgoing> appended = new ArrayList<>(entries.size());
    List<MessageId> ids = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      try {
        ids.add(MessageId.of(Replies.text(replies.get(i))));
        appended.add(entries.get(i));
      } catch (MessagingException e) {
        failed(entries.get(i), e);
      }
    }
    appended(appended, ids);
  }

  /** The first entries have these ids. */
  void appended(List<Outgoing> entries, List<MessageId> ids) {
    if (ids.isEmpty()) {
      return;
    }
    sent.add(ids.size());
    if (admission != null) {
      admission.settled(entries.subList(0, ids.size()), true);
    }
    streams.appended(entries, ids.size());
    lastProofNanos = System.nanoTime();
    lastProof = clock.instant();
    for (int i = 0; audit != null && i < ids.size(); i++) {
      entries.get(i).tell(audit, ids.get(i), null);
    }
    for (int i = 0; i < ids.size(); i++) {
      entries.get(i).result().complete(ids.get(i));
    }
  }

  void failed(Outgoing entry, MessagingException why) {
    boolean isUnknown = why.code() == ErrorCode.OUTCOME_UNKNOWN;
    if (admission != null) {
      admission.settled(List.of(entry), isUnknown);
      admission.refused(why);
    }
    (isUnknown ? unknown : failed).add(1);
    if (why.code() == ErrorCode.STREAM_FULL) {
      refusedFullMetric.inc();
    }
    streams.of(entry).failed(why);
    if (audit != null) {
      entry.tell(audit, null, why.code());
    }
    entry.result().completeExceptionally(why);
  }

  /** Entries like this one did not get through for now, and are tried again. */
  void troubled(Outgoing entry, MessagingException why) {
    streams.of(entry).troubled(why);
  }

  /** So many entries are sent again. */
  void resent(int entries) {
    resent.add(entries);
  }

  /** What became of everything so far, with so many entries waiting. */
  public ProducerStats stats(int waiting) {
    return new ProducerStats(
        sent.sum(),
        failed.sum(),
        unknown.sum(),
        resent.sum(),
        waiting,
        streams.stats(),
        Latency.of(batchTime));
  }

  /** How entries are doing. */
  public Health health() {
    return streams.health(lastProof, lastProofNanos);
  }

  /** When an entry was appended last, or null. */
  public @Nullable Instant lastProof() {
    return lastProof;
  }
}
