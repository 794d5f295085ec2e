/** How connections are made, kept, retried and translated. Internal: may change in any release. */
@NullMarked
package dev.tandem.redis.internal;

import org.jspecify.annotations.NullMarked;
