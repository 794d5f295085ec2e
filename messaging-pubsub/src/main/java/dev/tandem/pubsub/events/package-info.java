/**
 * Typed events on one live channel: handlers by event type, over one subscription.
 *
 * <p>Begin with {@link dev.tandem.pubsub.events.EventBus}.
 */
@NullMarked
package dev.tandem.pubsub.events;

import org.jspecify.annotations.NullMarked;
