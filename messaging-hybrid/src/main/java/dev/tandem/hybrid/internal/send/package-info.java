/** The sending half; may change at any time. */
@NullMarked
package dev.tandem.hybrid.internal.send;

import org.jspecify.annotations.NullMarked;
