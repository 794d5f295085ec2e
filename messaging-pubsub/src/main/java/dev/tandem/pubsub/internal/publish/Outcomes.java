package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.PublisherStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.util.List;

/**
 * Counts what became of messages, then tells the callers: who has a receipt finds it counted.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Outcomes {
  private final BusMetrics metrics;
  private final Clock clock;
  private volatile ChannelTallies tallies;

  Outcomes(BusMetrics metrics, Clock clock) {
    this.metrics = metrics;
    this.clock = clock;
    this.tallies = new ChannelTallies(clock.instant());
  }

  void published(Call call) {
    long now = System.nanoTime();
    metrics.published().add(call.messages());
    call.frames().forEach(frame -> tallies.of(frame).published(frame, now));
    call.complete();
  }

  void failed(Call call, MessagingException why) {
    countFailed(call.frames(), why);
    call.fail(why);
  }

  void failed(Outgoing entry, MessagingException why) {
    countFailed(entry.frames(), why);
    entry.failed(why);
  }

  private void countFailed(List<OutgoingFrame> frames, MessagingException why) {
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
