/** The relay at work; may change at any time. */
@NullMarked
package dev.tandem.outbox.internal.run;

import org.jspecify.annotations.NullMarked;
