/**
 * Hybrid publishing for those who keep the publisher's identity and the numbers of its calls
 * themselves, and may be several; may change at any time.
 */
@NullMarked
package dev.tandem.hybrid.internal.numbered;

import org.jspecify.annotations.NullMarked;
