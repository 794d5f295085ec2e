package dev.tandem.streams;

/**
 * What discarding many dead letters did.
 *
 * <p>Thread safety: immutable.
 *
 * @param discarded deleted for good
 * @param claimed left, since a {@link DeadLetterProcessor} looks at them now
 * @param missing gone in the meantime: somebody else replayed, discarded or trimmed them
 * @param complete whether all that were there were looked at; false if the thread was interrupted
 */
public record DiscardResult(long discarded, long claimed, long missing, boolean complete) {}
