/** Commands grouped by cluster slot, and what scripts share; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.wire;

import org.jspecify.annotations.NullMarked;
