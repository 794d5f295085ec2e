/** Durable streams beside hand-written Jedis. */
@NullMarked
package dev.tandem.benchmarks.streams;

import org.jspecify.annotations.NullMarked;
