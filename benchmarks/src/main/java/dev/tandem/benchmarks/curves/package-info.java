/** How cost grows with one thing, while all else stays as it is. */
@NullMarked
package dev.tandem.benchmarks.curves;

import org.jspecify.annotations.NullMarked;
