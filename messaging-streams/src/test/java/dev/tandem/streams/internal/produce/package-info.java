/** Tests. */
@NullMarked
package dev.tandem.streams.internal.produce;

import org.jspecify.annotations.NullMarked;
