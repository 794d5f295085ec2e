/** What the parts of a live bus share: threads and metrics. Internal: may change in any release. */
@NullMarked
package dev.tandem.pubsub.internal;

import org.jspecify.annotations.NullMarked;
