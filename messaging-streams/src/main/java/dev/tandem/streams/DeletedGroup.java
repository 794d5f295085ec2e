package dev.tandem.streams;

/**
 * What became of a group that was to be deleted, and what it had still to do.
 *
 * <p>Thread safety: immutable.
 *
 * @param deleted whether it was deleted
 * @param pending messages that were read and not acknowledged
 * @param unread messages that were not read, shortly before
 * @param deadLetters its dead letters; they stay
 */
public record DeletedGroup(boolean deleted, long pending, Lag unread, long deadLetters) {}
