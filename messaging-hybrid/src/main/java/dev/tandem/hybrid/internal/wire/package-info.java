/** What goes to the server, and what it answers; may change at any time. */
@NullMarked
package dev.tandem.hybrid.internal.wire;

import org.jspecify.annotations.NullMarked;
