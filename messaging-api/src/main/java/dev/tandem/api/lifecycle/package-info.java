/** The states a running object goes through, and how healthy it says it is. */
@NullMarked
package dev.tandem.api.lifecycle;

import org.jspecify.annotations.NullMarked;
