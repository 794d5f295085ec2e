/** How records reach the audit hook; for the libraries' own use. */
@NullMarked
package dev.tandem.redis.audit;

import org.jspecify.annotations.NullMarked;
