package dev.tandem.streams;

/**
 * A group keeps many messages of a stream from being removed: it is the one furthest behind.
 *
 * <p>Thread safety: immutable.
 *
 * @param stream the stream's key, which names tenant and topic
 * @param group the group
 * @param pinned how many messages stay because of it
 * @param mostPinned how many an abandoned group may pin
 * @param abandoned whether the group counts as abandoned, so that it loses what is beyond that;
 *     known from 100 % on
 */
public record PinAlarm(
    String stream, String group, long pinned, long mostPinned, boolean abandoned) {}
