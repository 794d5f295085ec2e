package dev.tandem.pubsub;

import dev.tandem.tenant.Tenant;
import java.time.Duration;

/**
 * What a bus has published to one channel since it began, or its statistics were reset.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant whose channel it is
 * @param channel the channel's name
 * @param published messages that Redis took
 * @param failed messages that it did not take
 * @param outcomeUnknown messages whose reply was lost: taken or not
 * @param resent times that a message was sent again
 * @param rateLimited messages that a {@link RateLimit} refused; not among the failed ones
 * @param bytes of the messages published, as they travel
 * @param meanTime from the call to the receipt, on average; zero if nothing was published
 * @param longestTime from the call to the receipt, at most
 */
public record ChannelPublishStats(
    Tenant tenant,
    String channel,
    long published,
    long failed,
    long outcomeUnknown,
    long resent,
    long rateLimited,
    long bytes,
    Duration meanTime,
    Duration longestTime) {}
