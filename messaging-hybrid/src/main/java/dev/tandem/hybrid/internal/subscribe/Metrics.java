package dev.tandem.hybrid.internal.subscribe;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;

/**
 * What all hybrid subscriptions of a process add up to.
 *
 * @param streamed messages that listeners got from streams
 * @param catchUps times that a subscription had to read its stream
 * @param gaps gaps that listeners were told of
 */
public record Metrics(Counter streamed, Counter catchUps, Counter gaps) {
  /** Those of this registry. */
  public static Metrics in(MetricRegistry registry) {
    return new Metrics(
        registry.counter("tandem.hybrid.streamed"),
        registry.counter("tandem.hybrid.catch-ups"),
        registry.counter("tandem.hybrid.gaps"));
  }
}
