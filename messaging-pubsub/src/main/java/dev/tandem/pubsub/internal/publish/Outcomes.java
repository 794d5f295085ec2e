package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.internal.BusMetrics;

/**
 * Counts what became of messages, then tells the callers: who has a receipt finds it counted.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Outcomes {
  private final BusMetrics metrics;

  Outcomes(BusMetrics metrics) {
    this.metrics = metrics;
  }

  void published(Call call) {
    metrics.published().add(call.messages());
    call.complete();
  }

  void failed(Call call, RuntimeException why) {
    metrics.publishFailures().add(call.messages());
    call.fail(why);
  }

  void failed(Outgoing entry, RuntimeException why) {
    metrics.publishFailures().add(1);
    entry.failed(why);
  }

  /** A call is sent again. */
  void resent(Call call) {
    metrics.resent().add(call.messages());
  }
}
