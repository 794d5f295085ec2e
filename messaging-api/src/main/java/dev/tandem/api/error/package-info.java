/**
 * What can go wrong, as one family of unchecked exceptions that carry a code and say whether a
 * repeat can help.
 */
@NullMarked
package dev.tandem.api.error;

import org.jspecify.annotations.NullMarked;
