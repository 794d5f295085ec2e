/** JVMs that a program starts, talks to by lines, and may kill. */
@NullMarked
package dev.tandem.examples.child;

import org.jspecify.annotations.NullMarked;
