package dev.tandem.hybrid;

/**
 * What one hybrid subscription has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param delivered messages the listener was called with, failed calls included
 * @param fromStream those of them that were read from the stream
 * @param gaps gaps the listener was told of
 * @param expired messages of the stream that were not delivered because their time was over
 * @param filtered messages that the subscription does not want, by type or filter
 * @param listenerFailures calls of the listener, or of the filter, that threw
 * @param catchUps times that the channel could not go on, and the stream was read
 * @param live whether it is on the channel now, rather than reading the stream
 */
public record HybridSubscriptionStats(
    long delivered,
    long fromStream,
    long gaps,
    long expired,
    long filtered,
    long listenerFailures,
    long catchUps,
    boolean live) {}
