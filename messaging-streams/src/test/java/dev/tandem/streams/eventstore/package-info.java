/** Tests of the event store. */
@NullMarked
package dev.tandem.streams.eventstore;

import org.jspecify.annotations.NullMarked;
