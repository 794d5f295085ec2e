package dev.tandem.streams;

import dev.tandem.tenant.Tenant;

/**
 * What a producer has done so far with one stream, a tenant's messages of one topic.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant whose stream it is
 * @param topic the topic's name
 * @param sent messages appended
 * @param failed messages that were not appended
 * @param outcomeUnknown messages whose reply was lost: appended or not
 * @param trouble why the last try did not succeed; empty if it did, or is a minute old
 */
public record ProducerStreamStats(
    Tenant tenant, String topic, long sent, long failed, long outcomeUnknown, String trouble) {}
