package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.tenant.Tenant;

/**
 * A stream in {@link Ordering#STRICT} order that stands still at a message which failed.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant whose stream it is
 * @param topic the topic's name
 * @param message the message it stands at
 * @param why what went wrong, in words
 */
public record StoppedStream(Tenant tenant, String topic, MessageId message, String why) {}
