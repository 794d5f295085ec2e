package dev.tandem.pubsub.events;

import org.jspecify.annotations.Nullable;

/**
 * What one handler has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param handled events it returned for
 * @param failures events it threw for
 * @param unreadable events whose payload is not of the type it asked for; it was not called
 * @param lastFailure what it threw last, or why a payload could not be read; null if all went well
 */
public record HandlerStats(
    long handled, long failures, long unreadable, @Nullable Throwable lastFailure) {}
