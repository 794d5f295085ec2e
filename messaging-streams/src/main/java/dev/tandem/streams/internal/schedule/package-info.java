/** Messages that are to be appended later; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.schedule;

import org.jspecify.annotations.NullMarked;
