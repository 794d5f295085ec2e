/** What small parts cost by themselves, without a server: for JMH. */
@NullMarked
package dev.tandem.benchmarks.parts;

import org.jspecify.annotations.NullMarked;
