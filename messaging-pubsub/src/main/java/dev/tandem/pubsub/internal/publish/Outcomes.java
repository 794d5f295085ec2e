package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Located;
import dev.tandem.pubsub.PublisherStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Counts what became of messages, then tells the callers: who has a receipt finds it counted.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Outcomes {
  private final BusMetrics metrics;
  private final Clock clock;
  private final @Nullable AuditTrail audit;
  private final String instanceId;
  private volatile ChannelTallies tallies;

  /**
   * Counts there.
   *
   * @param audit is told of all messages; null if nobody is
   */
  Outcomes(BusMetrics metrics, Clock clock, @Nullable AuditTrail audit, String instanceId) {
    this.audit = audit;
    this.instanceId = instanceId;
    this.metrics = metrics;
    this.clock = clock;
    this.tallies = new ChannelTallies(clock.instant());
  }

  void published(Call call) {
    long now = System.nanoTime();
    metrics.published().add(call.messages());
    call.frames().forEach(frame -> tallies.of(frame).published(frame, now));
    call.complete();
    tell(call.frames(), null);
  }

  private void tell(List<OutgoingFrame> frames, @Nullable ErrorCode failure) {
    if (audit != null) {
      for (OutgoingFrame frame : frames) {
        frame.messages().forEach(message -> message.tell(audit, instanceId, failure));
      }
    }
  }

  void failed(Call call, MessagingException why) {
    countFailed(call.frames(), why);
    call.fail(located(call.frames(), why));
  }

  void failed(Outgoing entry, MessagingException why) {
    countFailed(entry.frames(), why);
    entry.failed(located(entry.frames(), why));
  }

  /** The same error, with the tenant and the channels of these frames. */
  static MessagingException located(List<OutgoingFrame> frames, MessagingException why) {
    String channels =
        frames.stream().map(frame -> frame.channel().name()).collect(Collectors.joining(", "));
    return Located.at(why, frames.get(0).first().tenant().name(), channels);
  }

  private void countFailed(List<OutgoingFrame> frames, MessagingException why) {
    tell(frames, why.code());
    boolean isUnknown = why.code() == ErrorCode.OUTCOME_UNKNOWN;
    for (OutgoingFrame frame : frames) {
      metrics.publishFailures().add(frame.messages().size());
      tallies.of(frame).failed(frame.messages().size(), isUnknown);
    }
  }

  /** A call is sent again. */
  void resent(Call call) {
    for (OutgoingFrame frame : call.frames()) {
      metrics.resent().add(frame.messages().size());
      tallies.of(frame).resent(frame.messages().size());
    }
  }

  /** Messages to this channel were refused by its limit. */
  void rateLimited(Tenant tenant, String channel, int messages) {
    metrics.rateLimited().add(messages);
    tallies.of(tenant, channel).rateLimited(messages);
  }

  PublisherStats stats(int waiting) {
    return tallies.stats(waiting);
  }

  /** Begins anew for the statistics by channel; metrics go on. */
  void reset() {
    tallies = new ChannelTallies(clock.instant());
  }
}
