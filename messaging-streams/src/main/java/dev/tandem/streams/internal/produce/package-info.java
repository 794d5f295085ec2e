/** The sending half; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.produce;

import org.jspecify.annotations.NullMarked;
