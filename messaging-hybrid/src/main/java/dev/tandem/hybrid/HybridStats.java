package dev.tandem.hybrid;

/**
 * What a publisher has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param published messages that Redis has: in their stream and on their channels, those from the
 *     spool among them
 * @param failed messages that are nowhere
 * @param outcomeUnknown messages whose reply was lost: everywhere or nowhere
 * @param resent times that a message was sent again
 * @param rateLimited messages that the limit of a channel refused; not counted as failed
 * @param spooled messages that went to the spool
 * @param waiting messages in memory now
 * @param spool what is in the spool; {@link SpoolStats#NONE} if there is none
 */
public record HybridStats(
    long published,
    long failed,
    long outcomeUnknown,
    long resent,
    long rateLimited,
    long spooled,
    int waiting,
    SpoolStats spool) {}
