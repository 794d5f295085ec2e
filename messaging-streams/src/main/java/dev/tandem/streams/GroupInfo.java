package dev.tandem.streams;

import dev.tandem.api.MessageId;

/**
 * A consumer group of a stream.
 *
 * <p>Thread safety: immutable.
 *
 * @param name its name
 * @param consumers how many consumers it knows, those included that Tandem keeps for itself: up to
 *     four, of which one tells the group from others of its name, and after the group was lost one
 *     more for each member that came back; neither these nor that one are among {@link
 *     StreamAdmin#consumers}
 * @param pending messages read and not acknowledged: leased, handed back or waiting for a retry
 * @param lastDelivered the last message it has read; {@code 0-0} if none
 * @param lag messages it has not read
 * @param lost messages that trimming has taken from it so far
 */
public record GroupInfo(
    String name, long consumers, long pending, MessageId lastDelivered, Lag lag, GroupLoss lost) {}
