package dev.tandem.streams.eventstore;

/**
 * What a projection has done in this process so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param handled events that it got past because their handler returned
 * @param failed attempts at which the handler threw, and events that could not be read; without
 *     those that were only trouble with the server
 * @param skipped events that it got past without having handled them
 * @param acquired how often this process took the projection over
 * @param lost how often it was found to have passed to another process, or to have been rebuilt
 * @param lag events not done yet when the lease was last renewed; 0 if another process holds it
 */
public record ProjectionStats(
    long handled, long failed, long skipped, long acquired, long lost, long lag) {}
