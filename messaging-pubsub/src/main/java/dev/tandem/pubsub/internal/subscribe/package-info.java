/**
 * The subscribing side: one feed for each channel, its local subscribers, and the queues in front
 * of their listeners. Internal: may change in any release.
 *
 * <p>Locks are taken in this order: {@link Feeds}, {@link Feed}, {@link LocalSubscriber}, {@link
 * DeliveryQueue}; none is held while a listener, a future's stage or Redis is called.
 */
@NullMarked
package dev.tandem.pubsub.internal.subscribe;

import org.jspecify.annotations.NullMarked;
