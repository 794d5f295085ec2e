/** A bounded queue with one sender behind it, for whatever is worth sending many at a time. */
@NullMarked
package dev.tandem.redis.batch;

import org.jspecify.annotations.NullMarked;
