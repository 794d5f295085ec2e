/** What is behind the event store; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.eventstore;

import org.jspecify.annotations.NullMarked;
