package dev.tandem.streams.eventstore;

/**
 * What an append did.
 *
 * <p>Thread safety: immutable.
 *
 * @param firstVersion the version of the first event appended
 * @param version the version of the last event appended, and so of the aggregate at that moment
 * @param position where the last event stands in its category
 * @param repeated whether the same command had appended these events before, so that nothing was
 *     appended now
 */
public record AppendResult(
    long firstVersion, long version, CategoryPosition position, boolean repeated) {}
