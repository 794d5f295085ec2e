/** The event loop behind the fault proxy. */
@NullMarked
package dev.tandem.testkit.internal.proxy;

import org.jspecify.annotations.NullMarked;
