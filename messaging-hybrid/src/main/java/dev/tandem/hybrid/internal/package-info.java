/**
 * The hybrid publish behind {@link dev.tandem.hybrid.HybridPublisher}; may change in any release.
 */
@NullMarked
package dev.tandem.hybrid.internal;

import org.jspecify.annotations.NullMarked;
