/** How exported lines are made; may change at any time. */
@NullMarked
package dev.tandem.api.export.internal;

import org.jspecify.annotations.NullMarked;
