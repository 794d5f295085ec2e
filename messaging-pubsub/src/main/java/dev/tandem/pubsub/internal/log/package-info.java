/**
 * Following a channel's log: reading pages of it, judging what follows a position, and merging that
 * with what arrives live; one read for all who need it, and a memory of what was passed on last.
 * Internal: may change in any release.
 */
@NullMarked
package dev.tandem.pubsub.internal.log;

import org.jspecify.annotations.NullMarked;
