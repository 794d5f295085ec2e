/** How much is published to a channel; may change at any time. */
@NullMarked
package dev.tandem.pubsub.internal.limit;

import org.jspecify.annotations.NullMarked;
