/** Exporting what streams hold; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.export;

import org.jspecify.annotations.NullMarked;
