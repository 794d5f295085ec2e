/**
 * Which instances of a program are there.
 *
 * <p>Begin with {@link dev.tandem.pubsub.presence.Presence}.
 */
@NullMarked
package dev.tandem.pubsub.presence;

import org.jspecify.annotations.NullMarked;
