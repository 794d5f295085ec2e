/** What the parts of a live bus share. Internal: may change in any release. */
@NullMarked
package dev.tandem.pubsub.internal;

import org.jspecify.annotations.NullMarked;
