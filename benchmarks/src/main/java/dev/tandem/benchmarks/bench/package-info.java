/** Every contender at every work: the table, the results and the charts of {@code bench}. */
@NullMarked
package dev.tandem.benchmarks.bench;

import org.jspecify.annotations.NullMarked;
