/** The serdes behind {@link dev.tandem.api.serde.Serde}. Internal: may change in any release. */
@NullMarked
package dev.tandem.api.serde.internal;

import org.jspecify.annotations.NullMarked;
