/** Looking after streams and groups; may change at any time. */
@NullMarked
package dev.tandem.streams.internal.admin;

import org.jspecify.annotations.NullMarked;
