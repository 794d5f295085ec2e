/** How fast hybrid publishing is. */
@NullMarked
package dev.tandem.benchmarks.hybrid;

import org.jspecify.annotations.NullMarked;
