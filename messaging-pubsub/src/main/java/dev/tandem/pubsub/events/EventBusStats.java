package dev.tandem.pubsub.events;

/**
 * What an event bus has received so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param received events that arrived
 * @param unknown those of them whose type no handler was registered for; catch-all handlers do not
 *     count
 * @param handled calls of handlers that returned
 * @param failures calls of handlers that threw
 * @param unreadable calls of handlers left out because the payload is not of their type
 * @param gaps times that events were missed for good
 * @param handlers handlers registered now, catch-all ones included
 */
public record EventBusStats(
    long received,
    long unknown,
    long handled,
    long failures,
    long unreadable,
    long gaps,
    int handlers) {}
