/** Live channels beside hand-written Jedis. */
@NullMarked
package dev.tandem.benchmarks.live;

import org.jspecify.annotations.NullMarked;
