/** What the commands of single subjects have in common. */
@NullMarked
package dev.tandem.benchmarks.command;

import org.jspecify.annotations.NullMarked;
