/** Reading, replaying, discarding and processing dead letters; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.dead;

import org.jspecify.annotations.NullMarked;
