package dev.tandem.streams.eventstore;

import java.time.Instant;

/**
 * An event that a projection could not handle.
 *
 * <p>Thread safety: immutable.
 *
 * @param position where the event stands in its category; {@link CategoryPosition#BEGINNING} if it
 *     was {@link ProjectionHandler#onBeginning} that failed
 * @param aggregateId the aggregate, empty if the entry does not say
 * @param version the version, 0 if the entry does not say
 * @param error class and message of the error, cut off
 * @param time when it was given up: by the server's clock where {@link Projections} tells it, by
 *     the projection's own ({@link ProjectionBuilder#clock}) where {@link Projection#failure} does
 */
public record ProjectionFailure(
    CategoryPosition position, String aggregateId, long version, String error, Instant time) {}
