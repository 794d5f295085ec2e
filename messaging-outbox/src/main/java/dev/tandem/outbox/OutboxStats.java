package dev.tandem.outbox;

import java.time.Duration;

/**
 * What a relay has done so far, and what it saw of the outbox when it renewed its leases last.
 *
 * <p>Thread safety: immutable.
 *
 * @param published messages that Redis has and the outbox has not any more
 * @param resent times that a message was sent again
 * @param failed messages that this relay has set aside
 * @param open messages under way now
 * @param partitions shares of the outbox, of 16, that are this relay's
 * @param waiting messages of the whole outbox that are not published, up to 100,001
 * @param setAside messages of the whole outbox that were set aside and are neither retried nor
 *     discarded, up to 100,001
 * @param oldestAge how long the oldest message waits, by the database's clock
 */
public record OutboxStats(
    long published,
    long resent,
    long failed,
    int open,
    int partitions,
    long waiting,
    long setAside,
    Duration oldestAge) {}
