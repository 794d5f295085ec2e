/** The half that is driven by hand; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.consume;

import org.jspecify.annotations.NullMarked;
