package dev.tandem.streams.internal.group;

/**
 * What was seen of a group, and when.
 *
 * @param counts its numbers
 * @param deadLetters how many dead letters it has, or -1 if that cannot be told, or is told beside another
 *     stream of the group
 * @param nanos when it was seen
 */
public record GroupReading(GroupCounts counts, long deadLetters, long nanos) {}
