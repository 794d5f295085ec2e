package dev.tandem.pubsub;

/**
 * What a bus has done so far, over all channels and subscriptions.
 *
 * <p>Thread safety: immutable.
 *
 * @param published messages that Redis took
 * @param publishFailures messages whose publish failed or whose outcome is unknown
 * @param delivered messages that listeners were called with, counted for each listener
 * @param recovered those of them read from a buffer at the beginning of a subscription, after a
 *     reconnect or after a slow spell
 * @param repaired those of them read from a buffer because they were lost on the way
 * @param gaps gaps that listeners were told of, counted for each listener
 * @param duplicatesDropped messages that arrived again, counted once for each channel
 * @param dropped messages of fleeting channels that a full queue had no room for, counted for each
 *     listener
 * @param expired messages left out because they were older than their time to live, counted for
 *     each listener
 * @param ignored payloads on subscribed channels that were not readable, of another channel, or, on
 *     a recoverable channel, not in its log
 * @param listenerFailures calls of listeners that threw
 * @param reconnects how often the subscriber connection was made again
 * @param subscriptions subscriptions now
 * @param channels channels subscribed to now
 */
public record BusStats(
    long published,
    long publishFailures,
    long delivered,
    long recovered,
    long repaired,
    long gaps,
    long duplicatesDropped,
    long dropped,
    long expired,
    long ignored,
    long listenerFailures,
    long reconnects,
    int subscriptions,
    int channels) {}
