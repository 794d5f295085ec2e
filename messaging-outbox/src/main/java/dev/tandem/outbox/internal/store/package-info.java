/** The tables, and what is done with them in one transaction; may change at any time. */
@NullMarked
package dev.tandem.outbox.internal.store;

import org.jspecify.annotations.NullMarked;
