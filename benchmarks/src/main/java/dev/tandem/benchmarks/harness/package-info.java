/** Runs contenders in turn and compares them. */
@NullMarked
package dev.tandem.benchmarks.harness;

import org.jspecify.annotations.NullMarked;
