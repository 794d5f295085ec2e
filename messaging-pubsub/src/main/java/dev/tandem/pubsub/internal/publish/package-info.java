/** Publishing to channels in frames. Internal: may change in any release. */
@NullMarked
package dev.tandem.pubsub.internal.publish;

import org.jspecify.annotations.NullMarked;
