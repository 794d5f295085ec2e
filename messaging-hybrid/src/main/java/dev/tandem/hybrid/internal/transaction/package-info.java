/** Transactions that publish to channels; may change at any time. */
@NullMarked
package dev.tandem.hybrid.internal.transaction;

import org.jspecify.annotations.NullMarked;
