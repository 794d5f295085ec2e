package dev.tandem.pubsub.presence;

/**
 * What a presence has noticed so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param members instances that are there now, this one included
 * @param joined times that another one came
 * @param left times that one said that it stops
 * @param lost times that one was not heard of any more
 * @param ignored messages that could not be read, or were of one member too many
 */
public record PresenceStats(int members, long joined, long left, long lost, long ignored) {}
