package dev.tandem.streams.eventstore;

import java.time.Instant;

/**
 * The state of an aggregate after a certain event.
 *
 * <p>Thread safety: immutable, as far as the state is.
 *
 * @param version the version of the last event that the state includes
 * @param state the state
 * @param takenAt when it was saved, by the server's clock
 * @param <S> the state's type
 */
public record Snapshot<S>(long version, S state, Instant takenAt) {}
