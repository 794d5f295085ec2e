/** Tests. */
@NullMarked
package dev.tandem.streams.internal.group;

import org.jspecify.annotations.NullMarked;
