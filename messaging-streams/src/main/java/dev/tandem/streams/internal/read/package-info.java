/** Reading streams outside of groups; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.read;

import org.jspecify.annotations.NullMarked;
