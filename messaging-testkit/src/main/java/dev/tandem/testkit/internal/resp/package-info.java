/** The Redis protocol, as far as tests need it: one blocking client and a finder of frame ends. */
@NullMarked
package dev.tandem.testkit.internal.resp;

import org.jspecify.annotations.NullMarked;
