/** Tests. */
@NullMarked
package dev.tandem.streams.internal.entry;

import org.jspecify.annotations.NullMarked;
