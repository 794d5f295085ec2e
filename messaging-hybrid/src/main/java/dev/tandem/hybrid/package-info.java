/** One atomic publish that appends to a stream and to a live channel. */
@NullMarked
package dev.tandem.hybrid;

import org.jspecify.annotations.NullMarked;
