package dev.tandem.pubsub;

/**
 * What one subscription has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param delivered messages the listener was called with, failed calls included
 * @param recovered those of them that were read from the buffer at the beginning, after a reconnect
 *     or after the listener had been too slow
 * @param repaired those of them that were read from the buffer because they were lost on the way,
 *     without a broken connection
 * @param gaps gaps the listener was told of
 * @param duplicatesDropped messages that arrived again and were not delivered again
 * @param dropped messages of a fleeting channel for which the queue had no room
 * @param conflated messages that a newer one replaced while they waited, as {@link SlowConsumer}
 *     says
 * @param expired messages that were not delivered because their time was over
 * @param filtered messages that the subscription does not want, by type, instance or filter
 * @param listenerFailures calls of the listener, or of the filter, that threw
 * @param queued messages waiting for the listener now, or being handled by it
 * @param queuedBytes the bytes that they keep in memory, as they came over the network
 */
public record SubscriptionStats(
    long delivered,
    long recovered,
    long repaired,
    long gaps,
    long duplicatesDropped,
    long dropped,
    long conflated,
    long expired,
    long filtered,
    long listenerFailures,
    int queued,
    long queuedBytes) {}
