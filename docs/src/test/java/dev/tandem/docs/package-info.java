/** Examples that README and guide quote, and the rules that hold between modules. */
@NullMarked
package dev.tandem.docs;

import org.jspecify.annotations.NullMarked;
