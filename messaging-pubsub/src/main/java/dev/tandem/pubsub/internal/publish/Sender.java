package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.internal.frame.Nonces;
import java.time.Clock;

/**
 * Who sends.
 *
 * @param instanceId the bus, as frames name it
 * @param publisher a word by which the server knows this publisher's calls again
 * @param nonces makes epochs for new logs
 * @param clock says when a fleeting frame was sent
 * @param foresight where logs will stand
 */
record Sender(
    String instanceId, String publisher, Nonces nonces, Clock clock, Foresight foresight) {}
