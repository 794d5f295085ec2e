/** Tests. */
@NullMarked
package dev.tandem.streams.internal.work;

import org.jspecify.annotations.NullMarked;
