package dev.tandem.pubsub.cache;

/**
 * What a cache has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param hits reads answered from the cache
 * @param misses reads that found nothing in it
 * @param bypassed reads that did not look, because it was not proven to be honest
 * @param invalidations invalidations of others that were applied
 * @param flushes times that all was forgotten because something may have been missed
 * @param unsent own invalidations that Redis has not taken yet, as far as is known
 */
public record CacheStats(
    long hits, long misses, long bypassed, long invalidations, long flushes, int unsent) {}
