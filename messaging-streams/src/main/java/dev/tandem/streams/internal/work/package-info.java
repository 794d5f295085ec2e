/** The handling half; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.work;

import org.jspecify.annotations.NullMarked;
