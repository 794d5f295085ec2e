package dev.tandem.hybrid.internal.send;

import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.redis.metrics.Tally;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completes futures and counts what became of the messages. Counted first, so that who has its
 * receipt finds it in the statistics.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Outcomes {
  private final Tally published;
  private final Tally failed;
  private final Tally unknown;
  private final Tally resent;
  private final Tally rateLimited;
  private final Tally spooled;
  private final Timer batchTime;
  private final Vitals vitals;
  private final @Nullable Admission admission;
  private final @Nullable AuditTrail audit;

  /**
   * Counts there too, and tells the time by this clock.
   *
   * @param admission that knows what is under way; null if there are no quotas
   * @param audit is told of all messages; null if nobody is
   */
  public Outcomes(
      MetricRegistry metrics,
      Clock clock,
      @Nullable Admission admission,
      @Nullable AuditTrail audit) {
    this.audit = audit;
    this.admission = admission;
    this.vitals = new Vitals(clock);
    this.published = new Tally(metrics.counter("tandem.hybrid.published"));
    this.failed = new Tally(metrics.counter("tandem.hybrid.failed"));
    this.unknown = new Tally(metrics.counter("tandem.hybrid.outcome-unknown"));
    this.resent = new Tally(metrics.counter("tandem.hybrid.resent"));
    this.rateLimited = new Tally(metrics.counter("tandem.hybrid.rate-limited"));
    this.spooled = new Tally(metrics.counter("tandem.hybrid.spooled"));
    this.batchTime = metrics.timer("tandem.hybrid.batch-time");
  }

  /** Who asks whether messages may go; null if all may. */
  @Nullable Admission admission() {
    return admission;
  }

  /** Measures a round trip. */
  Timer batchTime() {
    return batchTime;
  }

  /** So many messages are sent again. */
  void resent(int messages) {
    resent.add(messages);
  }

  /** A message was refused by a channel's limit. */
  public void rateLimited() {
    rateLimited.add(1);
  }

  void published(List<Outgoing> messages, List<HybridReceipt> receipts) {
    published.add(messages.size());
    settled(messages, true);
    vitals.proven();
    for (int i = 0; audit != null && i < messages.size(); i++) {
      messages.get(i).tell(audit, receipts.get(i), null);
    }
    for (int i = 0; i < messages.size(); i++) {
      messages.get(i).result().complete(receipts.get(i));
    }
  }

  /** So many messages came from the spool. */
  public void publishedFromSpool(int messages) {
    published.add(messages);
    vitals.proven();
  }

  void spooled(List<Outgoing> messages, long record) {
    spooled.add(messages.size());
    settled(messages, false);
    HybridReceipt receipt = HybridReceipt.spooled(record);
    if (audit != null) {
      messages.forEach(message -> message.tell(audit, receipt, null));
    }
    messages.forEach(message -> message.result().complete(receipt));
  }

  void failed(List<Outgoing> messages, MessagingException why) {
    messages.forEach(message -> failed(message, why));
  }

  private void settled(List<Outgoing> messages, boolean isAppended) {
    if (admission != null) {
      messages.forEach(message -> admission.settled(message, isAppended));
    }
  }

  void failed(Outgoing message, MessagingException why) {
    if (admission != null) {
      admission.settled(message, why.code() == ErrorCode.OUTCOME_UNKNOWN);
      admission.refused(why);
    }
    (why.code() == ErrorCode.OUTCOME_UNKNOWN ? unknown : failed).add(1);
    vitals.failed(why);
    if (audit != null) {
      message.tell(audit, null, why.code());
    }
    message.result().completeExceptionally(why);
  }

  /** How messages are doing, of which so many wait in the spool. */
  public Health health(long spooled) {
    return vitals.health(spooled);
  }

  /** When a message got through last, or null. */
  public @Nullable Instant lastProof() {
    return vitals.lastProof();
  }

  /** Messages that Redis has. */
  public long published() {
    return published.sum();
  }

  /** Messages that are nowhere. */
  public long failed() {
    return failed.sum();
  }

  /** Messages whose reply was lost. */
  public long outcomeUnknown() {
    return unknown.sum();
  }

  /** Times that a message was sent again. */
  public long resent() {
    return resent.sum();
  }

  /** Messages that a channel's limit refused. */
  public long rateLimitRefusals() {
    return rateLimited.sum();
  }

  /** Messages that went to the spool. */
  public long spooled() {
    return spooled.sum();
  }
}
