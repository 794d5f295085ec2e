/**
 * The soak of live channels: publishers and subscriber processes at work while connections,
 * processes, the server and its data are broken at random, and a checker that holds every
 * subscription to the promise.
 */
@NullMarked
package dev.tandem.examples.soak.live;

import org.jspecify.annotations.NullMarked;
