/** What Tandem's modules count with. */
@NullMarked
package dev.tandem.redis.metrics;

import org.jspecify.annotations.NullMarked;
