/**
 * Local caches of several processes that are told of each other's changes, and know when they were
 * not.
 *
 * <p>Begin with {@link dev.tandem.pubsub.cache.CacheInvalidation}.
 */
@NullMarked
package dev.tandem.pubsub.cache;

import org.jspecify.annotations.NullMarked;
