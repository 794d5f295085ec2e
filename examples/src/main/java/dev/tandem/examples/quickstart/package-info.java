/**
 * The quickstart: plays events through durable streams and live channels on a real Redis, kills a
 * worker and cuts the subscribers off on the way, and counts whether anything was lost.
 */
@NullMarked
package dev.tandem.examples.quickstart;

import org.jspecify.annotations.NullMarked;
