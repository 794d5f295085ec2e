/** Measurements of the small parts, with JMH. */
@NullMarked
package dev.tandem.benchmarks;

import org.jspecify.annotations.NullMarked;
