/**
 * Live channels over Redis pub/sub whose subscribers recover what a dropped connection missed.
 *
 * <p>{@link dev.tandem.pubsub.LiveBus} publishes to and subscribes to {@link
 * dev.tandem.pubsub.Channel}s. On a recoverable channel each subscriber sees every message once and
 * in order, or is told of a {@link dev.tandem.api.Gap}. On a fleeting one it sees it at most once.
 * A {@link dev.tandem.pubsub.ChannelPattern} stands for all channels of a tenant that match it.
 *
 * <p>Built on it, each in a package of its own: an event bus with typed handlers ({@code events}),
 * local caches that hear of changes ({@code cache}), who is there ({@code presence}), and questions
 * to all instances ({@code request}).
 */
@NullMarked
package dev.tandem.pubsub;

import org.jspecify.annotations.NullMarked;
