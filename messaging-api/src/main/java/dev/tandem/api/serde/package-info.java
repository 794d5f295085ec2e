/** Turning payloads into bytes and back, and wrappers that compress or encrypt those bytes. */
@NullMarked
package dev.tandem.api.serde;

import org.jspecify.annotations.NullMarked;
