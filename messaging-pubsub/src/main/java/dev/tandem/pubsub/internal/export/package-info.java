/** Exporting what channels' buffers hold; may change at any time. */
@NullMarked
package dev.tandem.pubsub.internal.export;

import org.jspecify.annotations.NullMarked;
