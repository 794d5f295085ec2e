/** Messages that wait in files while Redis is away; may change at any time. */
@NullMarked
package dev.tandem.hybrid.internal.spool;

import org.jspecify.annotations.NullMarked;
