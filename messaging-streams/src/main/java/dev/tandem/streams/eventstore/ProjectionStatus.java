package dev.tandem.streams.eventstore;

import java.util.Optional;

/**
 * How a projection stands, by what is stored in Redis, whichever process works at it.
 *
 * <p>Thread safety: immutable.
 *
 * @param position the last event that is done; {@link CategoryPosition#BEGINNING} if none is
 * @param handled how many events are done, skipped ones included
 * @param lag how many events of the category are not done yet
 * @param isHeld whether a process holds it now
 * @param failure the event that it has stopped at, until it gets past it
 */
public record ProjectionStatus(
    CategoryPosition position,
    long handled,
    long lag,
    boolean isHeld,
    Optional<ProjectionFailure> failure) {}
