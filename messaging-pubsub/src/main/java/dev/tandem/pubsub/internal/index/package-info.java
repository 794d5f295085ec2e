/**
 * The index of a tenant's recoverable channels, by which those who follow a pattern find them.
 * Internal: may change in any release.
 */
@NullMarked
package dev.tandem.pubsub.internal.index;

import org.jspecify.annotations.NullMarked;
