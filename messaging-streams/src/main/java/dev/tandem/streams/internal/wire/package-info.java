/** Commands grouped by cluster slot; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.wire;

import org.jspecify.annotations.NullMarked;
