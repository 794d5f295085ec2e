/**
 * The one connection of a bus that is in subscriber mode: kept for ever, tested when silent, with
 * channels that the user may not read kept apart from the others. Internal: may change in any
 * release.
 */
@NullMarked
package dev.tandem.pubsub.internal.link;

import org.jspecify.annotations.NullMarked;
