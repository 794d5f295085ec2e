/**
 * What messages look like as stream entries. Messages of the sister module messaging-hybrid are
 * written in this form too, so it may use this package; nobody else may.
 */
@NullMarked
package dev.tandem.streams.internal.entry;

import org.jspecify.annotations.NullMarked;
