package dev.tandem.streams;

/**
 * What a producer has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param sent messages appended, their ids handed to the callers
 * @param failed messages that were not appended
 * @param outcomeUnknown messages whose reply was lost: appended or not
 * @param resent times that a message was sent again, by an idempotent producer
 * @param waiting messages in the buffer now
 */
public record ProducerStats(
    long sent, long failed, long outcomeUnknown, long resent, int waiting) {}
