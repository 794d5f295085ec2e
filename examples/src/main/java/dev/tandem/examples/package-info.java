/** The launcher's programs. Not a library: nothing here is meant to be called by others. */
@NullMarked
package dev.tandem.examples;

import org.jspecify.annotations.NullMarked;
