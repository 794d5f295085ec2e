/**
 * The soak of both halves in tandem: publishers, one of them with a spool, transactional workers
 * and hybrid subscribers of several tenants at work while connections, processes and the server are
 * broken at random, and a checker that compares the halves.
 */
@NullMarked
package dev.tandem.examples.soak.hybrid;

import org.jspecify.annotations.NullMarked;
