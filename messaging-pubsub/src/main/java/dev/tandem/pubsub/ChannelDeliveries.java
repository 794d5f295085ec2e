package dev.tandem.pubsub;

import dev.tandem.api.GapReason;
import dev.tandem.api.internal.Require;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the subscriptions of a bus to one channel have done together, since the bus was built or
 * {@link LiveBus#resetStats} was called.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant the tenant's name, or null for all that have no count of their own
 * @param channel the channel's name, or null for all that have no count of their own
 * @param delivered messages that listeners were called with, counted for each listener
 * @param recovered those of them read from the buffer at the beginning, after a reconnect or after
 *     a slow spell
 * @param repaired those of them read from the buffer because they were lost on the way
 * @param gaps gaps that listeners were told of, by reason, without those that never happened
 * @param dropped messages of a fleeting channel that a queue had no room for
 * @param conflated messages that a newer one replaced while they waited
 * @param listenerFailures calls of listeners or filters that threw
 * @param lastDelivery when a listener was last called with a message, by the bus's clock; null if
 *     never
 */
public record ChannelDeliveries(
    @Nullable String tenant,
    @Nullable String channel,
    long delivered,
    long recovered,
    long repaired,
    Map<GapReason, Long> gaps,
    long dropped,
    long conflated,
    long listenerFailures,
    @Nullable Instant lastDelivery) {

  /** Copies the gaps. */
  public ChannelDeliveries {
    gaps = Map.copyOf(Require.notNull("gaps", gaps));
  }
}
