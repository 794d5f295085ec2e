/**
 * The soak: producers and worker processes at work while workers and the server are killed at
 * random, and an account of every message at the end.
 */
@NullMarked
package dev.tandem.examples.soak;

import org.jspecify.annotations.NullMarked;
