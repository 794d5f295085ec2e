/** Removes old messages and keeps account of what groups lose by it; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.trim;

import org.jspecify.annotations.NullMarked;
