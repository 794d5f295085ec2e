package dev.tandem.outbox.internal.store;

/**
 * The messages of one tenant in one partition, which go out one behind the other.
 *
 * <p>Thread safety: immutable.
 */
public record LineKey(int partition, String tenant) {}
