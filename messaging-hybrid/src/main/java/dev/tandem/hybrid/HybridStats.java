package dev.tandem.hybrid;

/**
 * What a publisher has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param published messages that are in their stream and on their channel
 * @param failed messages that are on neither side
 * @param outcomeUnknown messages whose reply was lost: on both sides or on neither
 * @param waiting messages in the buffer now
 */
public record HybridStats(long published, long failed, long outcomeUnknown, long waiting) {}
