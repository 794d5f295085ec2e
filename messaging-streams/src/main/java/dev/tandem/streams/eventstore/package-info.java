/**
 * Event sourcing over Redis Streams: one stream of events per aggregate, appended to only at the
 * expected version, one stream per category for projections, and snapshots.
 */
@NullMarked
package dev.tandem.streams.eventstore;

import org.jspecify.annotations.NullMarked;
