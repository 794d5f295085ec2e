/** Handlers whose effects commit with their message; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.transaction;

import org.jspecify.annotations.NullMarked;
