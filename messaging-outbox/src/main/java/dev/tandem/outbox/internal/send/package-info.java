/** What becomes a call, and what becomes of it; may change at any time. */
@NullMarked
package dev.tandem.outbox.internal.send;

import org.jspecify.annotations.NullMarked;
