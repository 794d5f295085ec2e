/**
 * Tenants and their names in Redis. Every key and channel that Tandem touches is built here and
 * nowhere else, under the prefix of one tenant.
 */
@NullMarked
package dev.tandem.tenant;

import org.jspecify.annotations.NullMarked;
