/** The clients that users would pick instead, set up as their documentation says. */
@NullMarked
package dev.tandem.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
