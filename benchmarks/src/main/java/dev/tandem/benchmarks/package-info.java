/** How fast Tandem is: small parts with JMH, whole works beside what one would write by hand. */
@NullMarked
package dev.tandem.benchmarks;

import org.jspecify.annotations.NullMarked;
