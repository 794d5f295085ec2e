/**
 * Live channels over Redis pub/sub whose subscribers recover what a dropped connection missed.
 *
 * <p>{@link dev.tandem.pubsub.LiveBus} publishes to and subscribes to {@link
 * dev.tandem.pubsub.Channel}s. On a recoverable channel each subscriber sees every message once and
 * in order, or is told of a {@link dev.tandem.api.Gap}.
 */
@NullMarked
package dev.tandem.pubsub;

import org.jspecify.annotations.NullMarked;
