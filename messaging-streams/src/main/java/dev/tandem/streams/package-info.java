/**
 * Durable work over Redis Streams: producers append, workers of a consumer group handle, retry and
 * dead-letter.
 */
@NullMarked
package dev.tandem.streams;

import org.jspecify.annotations.NullMarked;
