/** Checks shared by Tandem's modules. Internal: may change in any release. */
@NullMarked
package dev.tandem.api.internal;

import org.jspecify.annotations.NullMarked;
