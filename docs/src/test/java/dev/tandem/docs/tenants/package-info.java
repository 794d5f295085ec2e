/** What keeps tenants apart, tried with every public operation of the libraries. */
@NullMarked
package dev.tandem.docs.tenants;

import org.jspecify.annotations.NullMarked;
