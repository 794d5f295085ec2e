/** Messages saved in a transaction of the application's database, and published from there. */
@NullMarked
package dev.tandem.outbox;

import org.jspecify.annotations.NullMarked;
