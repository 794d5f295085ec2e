/** How much is published to channels, and how many listen; may change at any time. */
@NullMarked
package dev.tandem.pubsub.internal.limit;

import org.jspecify.annotations.NullMarked;
