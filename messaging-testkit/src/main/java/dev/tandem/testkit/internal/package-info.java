/** What the public types share. */
@NullMarked
package dev.tandem.testkit.internal;

import org.jspecify.annotations.NullMarked;
