package dev.tandem.streams;

/**
 * What a replay of many dead letters did; of a dry run, what it would have done.
 *
 * <p>Thread safety: immutable.
 *
 * @param replayed moved to the group's replay stream
 * @param overLimit left, since they were replayed as often as the options allow
 * @param withoutData left, since their data was lost and there is nothing to replay
 * @param claimed left, since a {@link DeadLetterProcessor} looks at them now; not counted in a dry
 *     run
 * @param missing gone in the meantime: somebody else replayed, discarded or trimmed them
 * @param complete whether all that were there were looked at, up to the limit of the options; false
 *     if the thread was interrupted
 */
public record ReplayResult(
    long replayed,
    long overLimit,
    long withoutData,
    long claimed,
    long missing,
    boolean complete) {}
