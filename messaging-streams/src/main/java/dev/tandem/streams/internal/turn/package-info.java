/** Work that comes round again and again for many things; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.turn;

import org.jspecify.annotations.NullMarked;
