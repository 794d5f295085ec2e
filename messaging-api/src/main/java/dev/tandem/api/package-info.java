/** The values every Tandem module speaks in: messages, ids, positions, gaps and retry policies. */
@NullMarked
package dev.tandem.api;

import org.jspecify.annotations.NullMarked;
