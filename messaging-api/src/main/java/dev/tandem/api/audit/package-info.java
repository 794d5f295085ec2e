/** Who published what where. */
@NullMarked
package dev.tandem.api.audit;

import org.jspecify.annotations.NullMarked;
